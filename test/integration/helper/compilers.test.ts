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

const setUp = `
import { compileOnMainThread, neverOptimise, withShippedCode } from ${JSON.stringify(compilers)};
compileOnMainThread();`;

function isCompiledByMaglev(before: string): string {
  return run(["--allow-natives-syntax"], `${before}\n${heat}`);
}

function run(flags: readonly string[], code: string): string {
  const args = [...flags, "--no-warnings", "--input-type=module", "-e", code];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout.trim();
}

test("the command line tool has no function compiled by Maglev, whose thread can hang its exit", () => {
  assert.equal(isCompiledByMaglev(""), "true", "what is tested happens without it");
  assert.equal(isCompiledByMaglev(setUp), "false");
  const loads = `withShippedCode(() => process.getBuiltinModule("node:http2"));`;
  assert.equal(isCompiledByMaglev(`${setUp}\n${loads}`), "false", "after loading one of Node's");
});

test("a process that passes keys on has no function optimised, for which a key would wait", () => {
  const heatBriefly = heat.replace("20_000", "2_000");
  const isOptimised = `${heatBriefly}\nconsole.log(%ActiveTierIsTurbofan(add));`;
  const outcome = (before: string) => run(["--allow-natives-syntax"], `${before}\n${isOptimised}`);
  assert.equal(outcome(setUp), "false\ntrue", "what is tested happens without it");
  assert.equal(outcome(`${setUp}\nneverOptimise();`), "false\nfalse");
});

/** Which of some modules of Node's own were compiled from their text. */
function compiledAnew(load: string): string {
  const code = `
    import binding from "internal/test/binding";
    ${setUp}
    ${load}
    const { compiledWithoutCache } = binding.internalBinding("builtins").getCacheUsage();
    console.log(["net", "http2"].filter((name) => compiledWithoutCache.has(name)).join());`;
  return run(["--expose-internals"], code);
}

test("the command line tool takes the compiled code that Node's own modules come with", () => {
  const load = `process.getBuiltinModule("node:http2");`;
  assert.equal(compiledAnew(load), "net,http2", "what is tested happens without it");
  const loadShipped = `withShippedCode(() => ${load.slice(0, -1)});`;
  assert.equal(compiledAnew(loadShipped), "");
  assert.equal(compiledAnew(`neverOptimise(); ${loadShipped}`), "");
});
