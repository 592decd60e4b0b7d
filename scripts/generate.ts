// Writes every generated file of the tree; with `--check` writes nothing and names those that are stale.
import { join } from "node:path";

/** Makes one group of generated files; with `check` it only returns the paths that are stale. */
type Generator = (check: boolean) => string[] | Promise<string[]>;

const generators = ["proto", "configSchema", "presets", "contributions", "cliReference"];

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const name of generators) {
  const path = join(import.meta.dirname, "generate", `${name}.ts`);
  const { generate }: { generate: Generator } = await import(path);
  stale.push(...(await generate(check)));
}
if (check && stale.length > 0) {
  console.error(`Stale generated files (run \`npm run generate\`):\n  ${stale.join("\n  ")}`);
  process.exitCode = 1;
}
