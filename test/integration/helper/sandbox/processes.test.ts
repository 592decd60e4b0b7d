import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import {
  endLeftovers,
  isSameProcess,
  recordProcess,
  secondsFromPs,
} from "#helper/sandbox/processes.ts";
import { tempTree } from "#test/support/tempTree.ts";

test("a recorded process that still runs is ended", async (t) => {
  const sandboxDir = tempTree(t, {});
  const child = spawn("sleep", ["1000"], { cwd: sandboxDir });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const record = await recordProcess("sleep", child.pid ?? 0);
  assert.equal(await isSameProcess(record), true);
  assert.deepEqual(await endLeftovers({ sandboxDir }, [record]), [`sleep (process ${child.pid})`]);
  assert.equal((await exited)[1], "SIGKILL");
  assert.equal(await isSameProcess(record), false);
});

test("another process with a recorded id is left alone", async (t) => {
  const sandboxDir = tempTree(t, {});
  const child = spawn("sleep", ["1000"], { cwd: sandboxDir });
  t.after(() => child.kill("SIGKILL"));
  const record = await recordProcess("sleep", child.pid ?? 0);
  const reused = { ...record, startTicks: (record.startTicks ?? 0) - 1 };
  assert.deepEqual(
    await endLeftovers({ sandboxDir }, [reused, { ...record, startTicks: null }]),
    [],
  );
  assert.equal(await isSameProcess(record), true);
});

test("a process that works elsewhere is left alone, whatever the record says", async (t) => {
  const child = spawn("sleep", ["1000"], { cwd: tempTree(t, {}) });
  t.after(() => child.kill("SIGKILL"));
  const record = await recordProcess("qemu", child.pid ?? 0);
  assert.deepEqual(await endLeftovers({ sandboxDir: tempTree(t, {}) }, [record]), []);
  assert.equal(await isSameProcess(record), true);
});

test("ps tells the start of a living process, for systems without /proc", async () => {
  const start = (await secondsFromPs(process.pid)) ?? 0;
  const expected = Date.now() / 1000 - process.uptime();
  assert.ok(Math.abs(start - expected) < 5, `${start} is near ${expected}`);
  assert.equal(await secondsFromPs(2 ** 22 + 1), null);
});
