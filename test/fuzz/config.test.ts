import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzConfig } from "./config.ts";

const runs = Number(process.env.AIRLOCK_FUZZ_RUNS ?? 100_000);

test(`${runs} mutated configurations give a configuration or errors, never a crash`, (t) => {
  const seed = Number(process.env.AIRLOCK_FUZZ_SEED ?? Date.now() % 2 ** 31);
  const { valid, slowestMs } = fuzzConfig(runs, seed);
  t.diagnostic(`seed ${seed}: ${valid} valid, slowest ${slowestMs.toFixed(0)} ms`);
  assert.ok(valid > 0 && valid < runs, "the corpus gives both kinds");
});
