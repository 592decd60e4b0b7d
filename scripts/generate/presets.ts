// Writes the built-in presets into a module, so that bundles need no files beside them.
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { writeGenerated } from "./write.ts";

/** Returns the paths that were out of date; writes them unless `check` is set. */
export function generate(check: boolean): string[] {
  const files = readdirSync("presets").filter((file) => file.endsWith(".toml"));
  const entries = files
    .sort()
    .map((file) => `  ${JSON.stringify(basename(file, ".toml"))}: ${literal(file)},\n`);
  const text = [
    "// Generated from presets/*.toml by scripts/generate/presets.ts. Do not edit.\n",
    "// biome-ignore-all format: generated\n",
    "// biome-ignore-all lint: generated\n",
    "/** Text of each built-in preset by name, in TOML. */\n",
    "export const presetTexts: Readonly<Record<string, string>> = {\n",
    ...entries,
    "};\n",
  ].join("");
  return writeGenerated("src/core/config/presets.generated.ts", text, check);
}

function literal(file: string): string {
  return JSON.stringify(readFileSync(`presets/${file}`, "utf8"));
}

if (import.meta.main) console.log(generate(process.argv.includes("--check")).join("\n"));
