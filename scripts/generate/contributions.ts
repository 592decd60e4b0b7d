// Writes what the extension contributes into package.json and the tables of the README, from
// src/shared/contributions.ts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { commands, settings } from "#shared/contributions.ts";
import { manifest } from "./manifest.ts";

/** Generates the files; with `check` it writes nothing and returns the paths that are stale. */
export function generate(check: boolean): string[] {
  const stale = [
    updatePackageJson(check),
    ...["README.md"].map((path) => updateTables(path, check)),
  ];
  return stale.filter((path) => path !== undefined);
}

function updatePackageJson(check: boolean): string | undefined {
  const before = readFileSync("package.json", "utf8");
  const after = `${JSON.stringify({ ...JSON.parse(before), ...manifest() }, null, 2)}\n`;
  return put("package.json", { before, after }, check);
}

function updateTables(path: string, check: boolean): string | undefined {
  if (!existsSync(path)) return undefined;
  const before = readFileSync(path, "utf8");
  const after = replaceBlock(
    replaceBlock(before, "commands", commandTable()),
    "settings",
    settingTable(),
  );
  return put(path, { before, after }, check);
}

/** Replaces what stands between `<!-- generated:name -->` and `<!-- /generated:name -->`. */
function replaceBlock(text: string, name: string, block: string): string {
  const [open, close] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) return text;
  return `${text.slice(0, start + open.length)}\n${block}\n${text.slice(end)}`;
}

function commandTable(): string {
  const rows = Object.values(commands).map((c) => `| Airlock: ${c.title} | ${c.detail} |`);
  return ["| Command | What it does |", "|---|---|", ...rows].join("\n");
}

function settingTable(): string {
  const rows = Object.values(settings).map((setting) => {
    const values =
      "values" in setting
        ? Object.keys(setting.values).map(code).join(", ")
        : kinds[typeof setting.default];
    return `| \`${setting.id}\` | ${values} | ${setting.default === "" ? "–" : code(String(setting.default))} | ${setting.detail} |`;
  });
  return ["| Setting | Values | Default | Meaning |", "|---|---|---|---|", ...rows].join("\n");
}

const kinds: Record<string, string> = { string: "text", number: "number", boolean: "yes or no" };

function code(text: string): string {
  return `\`${text}\``;
}

function put(
  path: string,
  { before, after }: { before: string; after: string },
  check: boolean,
): string | undefined {
  if (before === after) return undefined;
  if (!check) writeFileSync(path, after);
  return path;
}

if (import.meta.main) {
  const check = process.argv.includes("--check");
  const stale = generate(check);
  if (check && stale.length > 0) {
    console.error(`stale: ${stale.join(", ")}; run npm run generate`);
    process.exitCode = 1;
  }
}
