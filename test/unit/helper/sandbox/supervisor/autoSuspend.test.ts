import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AutoSuspend } from "#helper/sandbox/supervisor/autoSuspend.ts";
import type { SuspendAnswer } from "#helper/sandbox/supervisor/service.ts";
import type { Usage } from "#helper/sandbox/supervisor/usage.ts";
import { silentLogger } from "#shared/log.ts";

type Policy = { onWindowClose: boolean; idleMinutes: number };

type Answer = SuspendAnswer | Promise<SuspendAnswer>;

function world(t: TestContext, policy: Policy, answers: Answer[] = []) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const reasons: string[] = [];
  let nowMs = 0;
  let measure: (usage: Usage) => void = () => undefined;
  const auto = new AutoSuspend({
    policy,
    log: silentLogger,
    nowMs: () => nowMs,
    usage: {
      subscribe: (_ms, listener) => {
        measure = listener;
        return () => {
          measure = () => undefined;
        };
      },
    },
    suspend: async (why) => {
      reasons.push(why);
      return answers.shift() ?? {};
    },
  });
  const after = async (ms: number, cpuPercent: number[] = []) => {
    nowMs += ms;
    t.mock.timers.tick(ms);
    measure({ cpuPercent });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { auto, reasons, after };
}

test("the last window's end suspends the sandbox after a pause in which it may come back", async (t) => {
  const { auto, reasons, after } = world(t, { onWindowClose: true, idleMinutes: 0 });
  auto.windowsChanged(1);
  auto.windowsChanged(1);
  auto.windowsChanged(-1);
  await after(60_000);
  auto.windowsChanged(-1);
  await after(9_000);
  auto.windowsChanged(1);
  await after(60_000);
  assert.deepEqual(reasons, []);
  auto.windowsChanged(-1);
  await after(11_000);
  assert.deepEqual(reasons, ["its last window was closed"]);
});

test("what is in the way is looked at again, as long as no window is there", async (t) => {
  const refused = { sessions: 1 };
  const { auto, reasons, after } = world(t, { onWindowClose: true, idleMinutes: 0 }, [
    refused,
    refused,
  ]);
  auto.windowsChanged(1);
  auto.windowsChanged(-1);
  await after(11_000);
  await after(61_000);
  assert.equal(reasons.length, 2);
  auto.windowsChanged(1);
  await after(120_000);
  assert.equal(reasons.length, 2);
  auto.stop();
});

/** The last window closes, an attempt begins, and meanwhile something happens. */
async function duringAttempt(t: TestContext, event: (auto: AutoSuspend) => void) {
  let refuse: (answer: SuspendAnswer) => void = () => undefined;
  const attempt = new Promise<SuspendAnswer>((resolve) => {
    refuse = resolve;
  });
  const { auto, reasons, after } = world(t, { onWindowClose: true, idleMinutes: 0 }, [attempt]);
  auto.windowsChanged(1);
  auto.windowsChanged(-1);
  await after(11_000);
  event(auto);
  refuse({ sessions: 1 });
  await after(0);
  await after(600_000);
  return reasons;
}

test("a window that opens during an attempt is not suspended under afterwards", async (t) => {
  const reasons = await duringAttempt(t, (auto) => auto.windowsChanged(1));
  assert.equal(reasons.length, 1);
});

test("a sandbox that ends during an attempt is not asked again", async (t) => {
  assert.equal((await duringAttempt(t, (auto) => auto.stop())).length, 1);
});

test("windows mean nothing and nothing is measured unless the user wants it", async (t) => {
  const { auto, reasons, after } = world(t, { onWindowClose: false, idleMinutes: 0 });
  auto.start();
  auto.windowsChanged(1);
  auto.windowsChanged(-1);
  await after(3_600_000, [0, 0]);
  assert.deepEqual(reasons, []);
});

test("only a guest whose processors are idle for the whole time is suspended", async (t) => {
  const { auto, reasons, after } = world(t, { onWindowClose: false, idleMinutes: 2 });
  auto.start();
  await after(60_000, [1, 1]);
  await after(50_000, [1, 80]);
  await after(60_000, [1, 1]);
  assert.deepEqual(reasons, []);
  await after(60_000, [3, 4]);
  assert.deepEqual(reasons, ["it was idle for 2 minutes"]);
  await after(60_000, [1, 1]);
  assert.equal(reasons.length, 1, "the time begins anew");
});
