import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connectAgent } from "#helper/link/agent.ts";
import { startMachine } from "#helper/machine/machine.ts";
import {
  bootDeadlineMs,
  bootTestMachine,
  machineRequest,
  projectDirectory,
  startTestMachine,
} from "#test/support/machine.ts";
import { isRunning } from "#test/support/processes.ts";

test("two disks and a share are added to the running machine, and commands run in it", async (t) => {
  const { run, machine, project } = await bootTestMachine(t);
  assert.deepEqual(await run("true"), { code: 0, stdout: "", stderr: "" });
  assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
  assert.equal((await run("sh", "-c", `echo back > ${project}/new`)).code, 0);
  assert.equal(readFileSync(join(project, "new"), "utf8"), "back\n");
  assert.ok((await machine.rssBytes()) > 50 * 2 ** 20);
  await machine.kill();
  assert.equal(isRunning(machine.pid), false);
  const left = readdirSync(join(project, ".airlock", "sandbox")).sort();
  assert.deepEqual(left, ["disk.img", "qemu.log", "serial.log", "share0.log"]);
});

test("what changes on the host is seen in the guest at once", async (t) => {
  const { run, project } = await bootTestMachine(t);
  for (const content of ["one\n", "two, longer\n", "3\n"]) {
    writeFileSync(join(project, "file"), content);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal((await run("cat", join(project, "file"))).stdout, content);
  }
});

test("the guest's root finds the covered directory empty, read-only and immovable", async (t) => {
  const { run, machine, project } = await bootTestMachine(t);
  assert.deepEqual(
    machine.shares.map(({ type, coversEnforced }) => ({ type, coversEnforced })),
    [{ type: "virtiofs", coversEnforced: true }],
  );
  const airlock = join(project, ".airlock");
  assert.equal((await run("id", "-u")).stdout, "0\n");
  assert.equal((await run("ls", "-A", airlock)).stdout, "");
  for (const attempt of [`touch ${airlock}/x`, `rmdir ${airlock}`, `mv ${airlock} ${project}/b`]) {
    assert.notEqual((await run("sh", "-c", attempt)).code, 0, attempt);
  }
  assert.notEqual((await run("umount", airlock)).code, 0);
  assert.equal((await run("ls", "-A", airlock)).stdout, "");
  assert.equal(readFileSync(join(airlock, "key"), "utf8"), "secret\n");
});

test("a killed QEMU is noticed by machine and link, and nothing is left running", async (t) => {
  const { machine, link, run } = await bootTestMachine(t);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  assert.ok(children.split(" ").includes(String(machine.pid)));
  const sleeping = run("sleep", "60");
  process.kill(machine.pid, "SIGKILL");
  await assert.rejects(sleeping);
  await link.closed;
  assert.equal((await machine.exited).signal, "SIGKILL");
  for (const pid of children.split(" ")) assert.equal(isRunning(Number(pid)), false);
});

test("a machine whose share has lost its daemon ends instead of hanging", async (t) => {
  const machine = await startTestMachine(projectDirectory(t));
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  const daemons = children
    .split(" ")
    .map(Number)
    .filter((pid) => pid !== machine.pid);
  assert.ok(daemons.length > 0);
  for (const pid of daemons) process.kill(pid, "SIGKILL");
  await machine.exited;
  assert.equal(isRunning(machine.pid), false);
});

test("the link can be dropped and made again", async (t) => {
  const { machine, link } = await bootTestMachine(t);
  link.close();
  await link.closed;
  const again = await connectAgent(machine, { deadlineMs: bootDeadlineMs });
  assert.equal(again.hello.agentVersion, link.hello.agentVersion);
  again.close();
});

test("a guest without an init ends with the kernel's own words", async (t) => {
  const project = projectDirectory(t);
  const initramfsPath = join(project, "empty.cpio");
  writeFileSync(initramfsPath, "");
  const machine = await startTestMachine(project, { initramfsPath, shares: [] });
  await assert.rejects(connectAgent(machine, { deadlineMs: bootDeadlineMs }), (error: Error) => {
    assert.match(error.message, /ended before its agent answered[\s\S]*Kernel panic/);
    return true;
  });
});

test("an agent that does not answer in time is an error, and the machine can be ended", async (t) => {
  const machine = await startTestMachine(projectDirectory(t));
  await assert.rejects(connectAgent(machine, { deadlineMs: 50 }), /did not answer within/);
  await machine.kill();
  assert.equal(isRunning(machine.pid), false);
});

test("a kernel that cannot be loaded is an error with QEMU's words", async (t) => {
  const request = machineRequest(projectDirectory(t));
  await assert.rejects(startMachine({ ...request, kernelPath: "/no/such/kernel" }), {
    code: "machine-ended",
    message: /could not open kernel file/,
  });
});

test("any path will do: long, with spaces, quotes, commas, a newline and letters of any kind", async (t) => {
  const name = `it's "my", ${"very ".repeat(20)}\n größe 日本`;
  const project = projectDirectory(t, name);
  const { run, machine } = await bootTestMachine(t, project);
  assert.equal(machine.shares[0]?.coversEnforced, true);
  assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
  assert.equal((await run("ls", "-A", join(project, ".airlock"))).stdout, "");
});

test("a start that is called off leaves nothing running", async (t) => {
  const project = projectDirectory(t);
  const abort = new AbortController();
  const starting = startMachine(machineRequest(project), { signal: abort.signal });
  setTimeout(() => abort.abort(new Error("never mind")), 60);
  await assert.rejects(starting, /never mind/);
  mkdirSync(join(project, "again"));
  assert.equal(readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim(), "");
});
