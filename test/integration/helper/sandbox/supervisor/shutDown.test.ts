import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Board } from "#helper/sandbox/supervisor/board.ts";
import { type ShutDownLimits, shutDown } from "#helper/sandbox/supervisor/shutDown.ts";
import { createLogger } from "#shared/log.ts";
import { fakeAgent } from "#test/support/fakeAgent.ts";
import { fakeStatus } from "#test/support/fakeStatus.ts";

/** A guest whose disk takes its time to come to rest. */
async function world(t: TestContext, settleMs: number) {
  let ended: () => void = () => undefined;
  const exited = new Promise<never>((resolve) => {
    ended = () => resolve(undefined as never);
  });
  const events: string[] = [];
  const agent = await fakeAgent(t, {
    shutdown: async ({ graceMs }) => {
      events.push(`asked with ${graceMs} ms`);
      await delay(settleMs, undefined, { ref: false });
      events.push("at rest");
      setImmediate(ended);
      return {};
    },
  });
  const board = new Board(fakeStatus("/p"));
  board.listen((event) =>
    events.push(event.kind === "status" ? event.status.status : event.progress.text),
  );
  const log = createLogger("t", "info", [({ level, text }) => events.push(`${level}: ${text}`)]);
  const kill = async (options?: { atOnce: boolean }) => {
    events.push(options?.atOnce ? "killed at once" : "killed");
  };
  const machine = { exited, kill } as never;
  const demand = { why: "", force: false, graceMs: 0 };
  const run = (limits?: ShutDownLimits, change = {}) =>
    shutDown(
      { machine, link: agent.link },
      { demand: { ...demand, ...change }, board, log, ...(limits && { limits }) },
    );
  return { ...agent, events, run };
}

test("a guest that still writes is waited for longer than its processes have, and that is told", async (t) => {
  const { run, events } = await world(t, 6_000);
  await run();
  const notice = "The guest is still writing to its disk";
  assert.deepEqual(events, ["stopping", "asked with 0 ms", notice, "at rest", "killed at once"]);
});

test("a guest that does not even answer pings is given up", async (t) => {
  const { run, events, wedge } = await world(t, 60_000);
  const silence = { intervalMs: 50, patience: 3 };
  const done = run({ longestMs: 60_000, noticeMs: 60_000, silence });
  while (!events.includes("asked with 0 ms")) await delay(5);
  wedge();
  await done;
  // Its machine is ended by whoever asked, and with a farewell.
  assert.match(events.at(-1) ?? "", /^warn: the guest did not shut down in order/);
});

test("a guest that lives and never comes to rest is not waited for for ever", async (t) => {
  const { run, events } = await world(t, 60_000);
  const silence = { intervalMs: 60_000, patience: 3 };
  await run({ longestMs: 300, noticeMs: 60_000, silence });
  assert.match(events.at(-1) ?? "", /^warn: the guest did not shut down in order/);
});

test("whoever stops by force asks the guest nothing", async (t) => {
  const { run, events } = await world(t, 60_000);
  await run(undefined, { force: true });
  assert.deepEqual(events, ["stopping"]);
});
