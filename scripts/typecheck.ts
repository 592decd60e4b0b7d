// Type-checks every tier with its own tsconfig, so that each sees only the globals it may use.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const tiers = [
  "src/shared",
  "src/core",
  "src/helper",
  "src/server",
  "src/extension",
  "webview",
  "test",
];
const only = process.argv.slice(2);
let failed = false;
for (const tier of only.length > 0 ? only : tiers) {
  if (!existsSync(`${tier}/tsconfig.json`)) continue;
  const { status, stdout } = spawnSync("node_modules/.bin/tsc", ["-p", tier], { encoding: "utf8" });
  process.stdout.write(stdout);
  if (status !== 0 && !/TS18003/.test(stdout)) failed = true;
}
process.exit(failed ? 1 : 0);
