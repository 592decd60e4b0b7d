import assert from "node:assert/strict";
import { mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connectAgent } from "#helper/link/agent.ts";
import { type Machine, startMachine } from "#helper/machine/machine.ts";
import { openSaved, openSavedDirectory, sealSaved } from "#helper/machine/state/saved.ts";
import {
  baseImage,
  bootDeadlineMs,
  configure,
  endWithTest,
  machineRequest,
  projectDirectory,
  run,
  startTestMachine,
} from "#test/support/machine.ts";

test("a saved machine goes on elsewhere with its disks, and with what ran in it", async (t) => {
  const project = projectDirectory(t);
  const directory = join(project, "saved");
  const disk = join(project, "disk.img");
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(disk, "");
  truncateSync(disk, 256 * 2 ** 20);
  const disks = [
    { serial: "rootfs", path: (await baseImage()).path, readOnly: true },
    { serial: "disk", path: disk, readOnly: false },
  ];
  const request = { ...machineRequest(project), shares: [] };
  const first = await keep(project, await startMachine(request, { keepable: true }));
  const link = await connectAgent(first, { deadlineMs: bootDeadlineMs });
  for (const one of disks) await first.attachDisk(one);
  await configure(link, { machine: first, project });
  const script = "echo unsynced > /root/file; (sleep 1000 & echo $! > /tmp/pid) >/dev/null 2>&1";
  assert.equal((await run(link, ["sh", "-c", script])).code, 0);
  link.close();
  await first.save(directory);
  assert.ok(statSync(join(directory, "state")).size > 100_000);
  assert.equal(statSync(join(directory, "memory")).size, request.memoryBytes);
  await first.kill();

  const seal = await sealSaved(directory);
  const opened = (await openSavedDirectory(directory)) ?? assert.fail("nothing was saved");
  const saved = await openSaved(opened, seal);
  await opened.close();
  const restore = { saved, disks };
  const second = await keep(project, await startMachine(request, { restore, keepable: true }));
  await saved.memory.close();
  await second.resume();
  const again = await connectAgent(second, { deadlineMs: bootDeadlineMs });
  const state = "cat /root/file && kill -0 $(cat /tmp/pid) && echo alive";
  const { stdout } = await run(again, ["sh", "-c", state]);
  assert.equal(stdout, "unsynced\nalive\n");
  again.close();
});

test("a machine that was not to be kept cannot be saved, and goes on", async (t) => {
  const project = projectDirectory(t);
  const machine = await startTestMachine(project);
  const link = await connectAgent(machine, { deadlineMs: bootDeadlineMs });
  link.close();
  await assert.rejects(machine.save(project), {
    code: "save-failed",
    message: /not kept in a file/,
  });
  await machine.resume();
  (await connectAgent(machine, { deadlineMs: bootDeadlineMs })).close();
});

test("a machine with somebody connected to its agent is not saved", async (t) => {
  const project = projectDirectory(t);
  const machine = await keep(
    project,
    await startMachine(machineRequest(project), { keepable: true }),
  );
  const link = await connectAgent(machine, { deadlineMs: bootDeadlineMs });
  await assert.rejects(machine.save(project), {
    code: "save-failed",
    message: /did not become idle/,
  });
  assert.ok((await link.agent.hello({})).agentVersion);
  link.close();
});

async function keep(project: string, machine: Machine): Promise<Machine> {
  endWithTest(project, machine);
  return machine;
}
