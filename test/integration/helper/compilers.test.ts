import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const compilers = join(import.meta.dirname, "../../../src/helper/compilers.ts");

/** Runs a function until V8's last compiler has it, and says whether Maglev, the one before, ever had. */
const heat = `
  const add = (a, b) => { let sum = 0; for (let n = 0; n < 50; n++) sum += a * n + b; return sum; };
  let maglev = false;
  const endMs = performance.now() + 20_000;
  while (!%ActiveTierIsTurbofan(add) && performance.now() < endMs) {
    for (let n = 0; n < 50; n++) add(n, 1);
    maglev ||= %ActiveTierIsMaglev(add);
    await new Promise(setImmediate);
  }
  console.log(maglev);
`;

function isCompiledByMaglev(before: string): string {
  const args = ["--allow-natives-syntax", "--input-type=module", "-e", `${before}\n${heat}`];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout.trim();
}

test("the command line tool has no function compiled by Maglev, whose thread can hang its exit", () => {
  assert.equal(isCompiledByMaglev(""), "true", "what is tested happens without it");
  const setUp = `import { compileOnMainThread } from ${JSON.stringify(compilers)}; compileOnMainThread();`;
  assert.equal(isCompiledByMaglev(setUp), "false");
});
