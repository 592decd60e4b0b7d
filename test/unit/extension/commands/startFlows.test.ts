import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StartFlows } from "#extension/commands/startFlows.ts";

describe("the starts of a sandbox", () => {
  test("are one at a time: the second joins the first", async () => {
    const { run, ends, started } = world();
    const both = [run(true), run(true)];
    await turns();
    assert.equal(started(), 1);
    ends[0]?.(true);
    assert.deepEqual(await Promise.all(both), [true, true]);
  });

  test("end together when the user says no to what the first asks", async () => {
    const { run, ends, started } = world();
    const both = [run(true), run(true)];
    await turns();
    ends[0]?.(false);
    assert.deepEqual(await Promise.all(both), [false, false]);
    assert.equal(started(), 1);
  });

  test("begin anew after one that was given up and only had to end", async () => {
    const { run, ends, started } = world();
    const former = run(false);
    const later = [run(false), run(true)];
    await turns();
    ends[0]?.(false);
    await turns();
    assert.equal(started(), 2);
    ends[1]?.(true);
    assert.equal(await former, false);
    assert.deepEqual(await later[0], true);
  });

  test("of different sandboxes have nothing to do with one another", async () => {
    const { run, ends, started } = world();
    const both = [run(true, { name: "a" }), run(true, { name: "b" })];
    await turns();
    assert.equal(started(), 2);
    for (const end of ends) end(true);
    assert.deepEqual(await Promise.all(both), [true, true]);
  });

  test("can be waited for", async () => {
    const { flows, sandbox, run, ends } = world();
    await flows.ended(sandbox);
    const start = run(true);
    let isOver = false;
    const waiting = flows.ended(sandbox).then(() => {
      isOver = true;
    });
    await turns();
    assert.equal(isOver, false);
    ends[0]?.(false);
    await Promise.all([start, waiting]);
    assert.equal(isOver, true);
  });
});

function world() {
  const flows = new StartFlows<object>();
  const sandbox = { name: "sandbox" };
  const ends: ((isStarted: boolean) => void)[] = [];
  const run = (isGoingOn: boolean, which: object = sandbox) =>
    flows.run(which, {
      isGoingOn: () => isGoingOn,
      start: () => new Promise<boolean>((resolve) => ends.push(resolve)),
    });
  return { flows, sandbox, ends, run, started: () => ends.length };
}

/** Lets everything go on that waits for nothing else. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
