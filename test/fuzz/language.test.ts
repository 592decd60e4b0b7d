import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzLanguage } from "./language.ts";

const runs = Number(process.env.AIRLOCK_FUZZ_RUNS ?? 100_000);

test(`${runs} random edits never crash or hang what answers the editor`, (t) => {
  const seed = Number(process.env.AIRLOCK_FUZZ_SEED ?? Date.now() % 2 ** 31);
  const { completions, slowestMs } = fuzzLanguage(runs, seed);
  t.diagnostic(`seed ${seed}: ${completions} proposals, slowest ${slowestMs.toFixed(0)} ms`);
  assert.ok(completions > 0, "some places have something to propose");
});
