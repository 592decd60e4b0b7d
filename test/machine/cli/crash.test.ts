// What is left after violent ends: nothing that runs, everything that was synced, and a next start
// that works.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type CliWorld, cliWorld, resultOf, smallMachine, until } from "../../support/cli.ts";
import { untilGone } from "../../support/processes.ts";

const timeout = 180_000;

async function running(t: TestContext): Promise<CliWorld> {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  const { code, stderr } = await world.run(["start", "--detach"]);
  assert.equal(code, 0, stderr);
  return world;
}

/** The next start works, finds the synced file, and the disk's file system is clean. */
async function assertRecovers(world: CliWorld): Promise<void> {
  const { code, stderr } = await world.run(["start", "--detach"]);
  assert.equal(code, 0, stderr);
  const { stdout } = await world.run(["exec", "cat", "/root/synced"]);
  assert.equal(stdout, "synced\n");
  assert.equal((await world.run(["stop"])).code, 0);
}

const writeSynced = ["exec", "sh", "-c", "echo synced > /root/synced; sync"];

test("after kill -9 of the supervisor its machine is gone and the next start works", {
  timeout,
}, async (t) => {
  const world = await running(t);
  await world.run(writeSynced);
  const { supervisor, qemu } = world.pids();
  process.kill(supervisor, "SIGKILL");
  await Promise.all([untilGone(supervisor), untilGone(qemu)]);
  await until(() => processesIn(world.project).length === 0);
  const { status, failure } = await world.status();
  assert.deepEqual([status, failure?.code], ["failed", "supervisor"]);
  const exec = await world.run(["exec", "true"]);
  assert.equal(exec.code, 1);
  assert.match(exec.stderr, /stale/);
  await assertRecovers(world);
});

test("after kill -9 of QEMU the status says so and the next start works", {
  timeout,
}, async (t) => {
  const world = await running(t);
  await world.run(writeSynced);
  const child = world.spawn(["exec", "sh", "-c", "echo ready; sleep 1000"]);
  await once(child.stdout, "data");
  const attached = resultOf(child);
  const { supervisor, qemu } = world.pids();
  process.kill(qemu, "SIGKILL");
  await untilGone(supervisor);
  const { code, stderr } = await attached;
  assert.equal(code, 1);
  assert.match(stderr, /connection to the sandbox was lost/);
  await until(() => processesIn(world.project).length === 0);
  const { status, failure } = await world.status();
  assert.equal(status, "failed");
  assert.match(failure?.message ?? "", /ended by SIGKILL/);
  await assertRecovers(world);
});

test("a power cut during writes loses nothing that was synced", { timeout }, async (t) => {
  const world = await running(t);
  await world.run(writeSynced);
  const script =
    "i=0; while :; do i=$((i+1)); dd if=/dev/zero of=/root/junk$((i%8)) bs=64k count=16 2>/dev/null; echo $i > /root/count; sync; echo $i; done";
  const writer = world.spawn(["exec", "sh", "-c", script]);
  let synced = 0;
  writer.stdout.on("data", (chunk) => {
    synced = Number(String(chunk).trim().split("\n").at(-1));
  });
  await until(() => synced >= 5);
  const { supervisor, qemu } = world.pids();
  process.kill(qemu, "SIGKILL");
  await untilGone(supervisor);
  const { code, stderr } = await world.run(["start", "--detach"]);
  assert.equal(code, 0, stderr);
  const { stdout } = await world.run(["exec", "sh", "-c", "cat /root/synced /root/count"]);
  const [first, count] = stdout.trim().split("\n");
  assert.equal(first, "synced");
  assert.ok(Number(count) >= synced, `${count} of at least ${synced} rounds`);
  assert.equal((await world.run(["stop"])).code, 0);
  const disk = join(world.project, ".airlock/sandbox/disk.img");
  const checked = spawnSync("/sbin/e2fsck", ["-fn", disk], { encoding: "utf8" });
  assert.equal(checked.status, 0, checked.error?.message ?? checked.stdout);
});

test("an orderly stop leaves a disk that needs no repair, also with a file of it mounted itself", {
  timeout,
}, async (t) => {
  for (const script of [
    "true",
    "cd /root; truncate -s 8M f; mke2fs -q -F f; mount -o loop f /mnt",
  ]) {
    const world = cliWorld({
      "airlock.toml": smallMachine.replace("[vm]", "[vm]\nharden = false"),
    });
    t.after(() => world.dispose());
    const setUp = await world.run([
      "start",
      "--yes",
      "--",
      "sh",
      "-c",
      `echo kept > /root/kept; ${script}`,
    ]);
    assert.equal(setUp.code, 0, setUp.stderr);
    const disk = join(world.project, ".airlock/sandbox/disk.img");
    const { stdout } = spawnSync("/sbin/dumpe2fs", ["-h", disk], { encoding: "utf8" });
    assert.match(stdout, /Filesystem state: +clean/);
    assert.doesNotMatch(stdout, /needs_recovery/);
    const { stdout: kept } = await world.run(["start", "--", "cat", "/root/kept"]);
    assert.equal(kept, "kept\n");
  }
});

test("a sandbox in the foreground ends when its front process is killed", {
  timeout,
}, async (t) => {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  const front = world.spawn(["start", "--", "sh", "-c", "echo ready; sleep 1000"]);
  await once(front.stdout, "data");
  const { supervisor, qemu } = world.pids();
  front.kill("SIGKILL");
  await Promise.all([untilGone(supervisor, 20_000), untilGone(qemu, 20_000)]);
  assert.equal((await world.status()).status, "stopped");
});

test("a front process that is killed while it starts leaves no sandbox", { timeout }, async (t) => {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  const front = world.spawn(["start", "--", "true"]);
  await until(() => existsSync(join(world.project, ".airlock/sandbox/run.json")));
  front.kill("SIGKILL");
  await untilGone(world.pids().supervisor, 40_000);
  assert.deepEqual(processesIn(world.project), []);
  assert.equal((await world.status()).status, "stopped");
});

test("a closed terminal hangs up the command and ends its sandbox", { timeout }, async (t) => {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  const script = "trap 'echo hung up > hup; exit' HUP; echo ready; while :; do sleep 0.2; done";
  const terminal = world.spawnOnTerminal(["-q", "start", "--", "sh", "-c", script]);
  let seen = "";
  terminal.stdout.on("data", (chunk) => {
    seen += chunk;
  });
  const ended = () => terminal.exitCode !== null;
  await until(() => seen.includes("ready") || ended()).catch(() => "the next line says more");
  if (!seen.includes("ready")) {
    const log = readFileSync(join(world.project, ".airlock/airlock.log"), "utf8");
    assert.fail(`the terminal showed ${JSON.stringify(seen)}; the log:\n${log}`);
  }
  const { supervisor } = world.pids();
  terminal.kill("SIGKILL");
  await untilGone(supervisor, 20_000);
  assert.equal((await world.status()).status, "stopped");
  assert.equal((await world.run(["start", "-q", "--", "cat", "hup"])).stdout, "hung up\n");
});

/** Processes that work in a directory or below it: the machine's and its share servers. */
function processesIn(directory: string): number[] {
  const ids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return ids.filter((id) => {
    try {
      return readlinkSync(`/proc/${id}/cwd`).startsWith(directory);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}
