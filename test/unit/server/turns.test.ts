import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurns } from "#server/turns.ts";

/** Takes long enough to have others wait for it. */
function* slowSteps(done: number[]): Generator<undefined, string> {
  for (let step = 0; step < 5; step++) {
    const endMs = performance.now() + 3;
    while (performance.now() < endMs);
    done.push(step);
    yield;
  }
  return "result";
}

test("others have their turn between the steps", async () => {
  const done: number[] = [];
  let seen: number | undefined;
  setImmediate(() => {
    seen = done.length;
  });
  assert.equal(await inTurns(slowSteps(done), () => true), "result");
  assert.equal(seen, 1);
});

test("what nobody wants any more is not gone on with", async () => {
  const done: number[] = [];
  assert.equal(await inTurns(slowSteps(done), () => done.length < 2), undefined);
  assert.deepEqual(done, [0, 1]);
});
