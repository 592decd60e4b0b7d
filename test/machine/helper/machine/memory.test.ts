import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { bootTestMachine, machineRequest, projectDirectory } from "#test/support/machine.ts";
import { startWarmly } from "#test/support/warm.ts";

const mebibyte = 2 ** 20;
const giveBackDeadlineMs = 60_000;

test("memory that the guest has freed goes back to the host", async (t) => {
  const { run, machine } = await bootTestMachine(t);
  const before = guestMemory(machine.pid);
  const fill = await run("dd", "if=/dev/zero", "of=/tmp/big", "bs=1M", "count=200");
  assert.equal(fill.code, 0);
  const filled = guestMemory(machine.pid);
  assert.ok(filled - before > 150 * mebibyte, `${before} → ${filled}`);
  assert.equal((await run("rm", "/tmp/big")).code, 0);
  const deadline = Date.now() + giveBackDeadlineMs;
  while (guestMemory(machine.pid) > filled - 150 * mebibyte && Date.now() < deadline) {
    await delay(250);
  }
  assert.ok(guestMemory(machine.pid) < before + 50 * mebibyte, String(guestMemory(machine.pid)));
});

test("of the 4 GB of an idle guest the host holds only what its kernel needs", async (t) => {
  const project = projectDirectory(t);
  const { machine } = await bootTestMachine(t, project, { memoryBytes: 4096 * mebibyte });
  const held = guestMemory(machine.pid);
  t.diagnostic(`the host holds ${Math.round(held / mebibyte)} MB for the ${kernel()} kernel`);
  // 64 MB of it are the kernel's records of the 4 GB, one for each page.
  assert.ok(held < mostBytes[kernel()], String(held));
});

test("a resumed guest of 4 GB costs no more, counted by what the host holds and not by what is mapped", async (t) => {
  const request = { memoryBytes: 4096 * mebibyte };
  const first = await startWarmly(t, { request });
  await first.machine.kill();
  const { machine, startKind } = await startWarmly(t, { request });
  assert.equal(startKind, "warm");
  const held = statSync(`/proc/${machine.pid}/cwd/memory/ram`).blocks * 512;
  const taken = await machine.rssBytes();
  const megabytes = (bytes: number) => Math.round(bytes / mebibyte);
  t.diagnostic(
    `${megabytes(taken)} MB, ${megabytes(held)} of them the guest's, of which ${megabytes(guestMemory(machine.pid))} are mapped`,
  );
  assert.ok(held > guestMemory(machine.pid) && held < mostBytes[kernel()], String(held));
  assert.ok(taken > held && taken < held + mostOwnBytes, String(taken));
});

/** QEMU's own memory and its mapped files, under software emulation. */
const mostOwnBytes = 150 * mebibyte;
const mostBytes = { own: 150 * mebibyte, debian: 240 * mebibyte };

function kernel(): keyof typeof mostBytes {
  const { kernelPath } = machineRequest("");
  return JSON.parse(readFileSync(join(kernelPath, "..", "manifest.json"), "utf8")).kernel;
}

/** The guest's memory is the only memory that QEMU shares with virtiofsd. */
function guestMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^RssShmem:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
