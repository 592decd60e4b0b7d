// A sandbox is saved with its programs and goes on: what lives through it, what forbids it, and what
// becomes of it when something changes or breaks in between.
import assert from "node:assert/strict";
import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type CliWorld, cliWorld, resultOf, smallMachine, until } from "../../support/cli.ts";

/** Counts in the background, ten times a second, in a session of its own and standing in the project. */
const counter =
  "setsid sh -c 'while :; do echo x >> /tmp/count; sleep 0.1; done' > /dev/null 2>&1 & echo $!";

let world: CliWorld;
const exec = (...args: string[]) => world.run(["exec", ...args]);
const shell = async (script: string) => (await exec("sh", "-c", script)).stdout.trim();
const count = async () => Number(await shell("wc -l < /tmp/count"));
const savedNames = () =>
  readdirSync(join(world.project, ".airlock/sandbox")).filter((name) =>
    name.startsWith("suspended"),
  );

async function start(...flags: string[]): Promise<string> {
  const { code, stderr } = await world.run(["start", "--detach", ...flags]);
  assert.equal(code, 0, stderr);
  return stderr;
}

async function suspend(...flags: string[]): Promise<void> {
  const { code, stderr } = await world.run(["suspend", ...flags]);
  assert.equal(code, 0, stderr);
}

/** A running sandbox, whatever the test before has left. */
async function running(): Promise<void> {
  if ((await world.status()).status !== "running") await start("--discard-suspended");
}

for (const kind of ["virtio-fs", "9p"]) {
  describe(`a sandbox with its project over ${kind}`, { timeout: 240_000 }, () => {
    before(() => {
      world = cliWorld({ "airlock.toml": smallMachine, file: "one\n" });
    });
    after(() => world.dispose());

    test("goes on with its programs, the same project and the right time", async () => {
      const env = kind === "9p" ? { AIRLOCK_VIRTIOFSD: "none" } : {};
      const first = await world.run(["start", "--detach", "--yes"], { env });
      assert.equal(first.code, 0, first.stderr);
      const pid = await shell(counter);
      for (const round of ["two\n", "three\n"]) {
        const before = await count();
        const suspended = await world.run(["suspend"]);
        assert.equal(suspended.code, 0, suspended.stderr);
        assert.match(suspended.stderr, /^Sandbox suspended \(.* MB on disk\)/);
        const status = await world.status();
        assert.equal(status.status, "suspended");
        assert.ok(status.suspended !== null && status.suspended.sizeBytes > 2 ** 20);
        world.write("file", round);
        const again = await world.run(["start", "--detach"], { env });
        assert.equal(again.code, 0, again.stderr);
        assert.match(again.stderr, /Sandbox resumed/);
        assert.equal(await shell("cat file"), round.trim());
        assert.equal(await shell(`readlink /proc/${pid}/cwd`), world.project);
        assert.ok((await count()) >= before);
        const seconds = Number(await shell("date +%s"));
        assert.ok(Math.abs(seconds - Date.now() / 1000) < 5, `the guest's clock says ${seconds}`);
        assert.equal((await world.status()).mounts[0]?.type, kind === "9p" ? "9p" : "virtiofs");
        assert.deepEqual(savedNames(), []);
      }
      const last = await count();
      await until(async () => (await count()) > last);
    });
  });
}

describe("suspending", { timeout: 900_000 }, () => {
  before(async () => {
    world = cliWorld({ "airlock.toml": smallMachine, file: "one\n" });
    await start("--yes");
  });
  after(() => world.dispose());
  beforeEach(running);

  test("names a program that has a file of the project open, and the sandbox runs on", async () => {
    const pid = await shell("(cd /; exec sleep 1000) 3< file > /dev/null 2>&1 & echo $!");
    const { code, stderr } = await world.run(["suspend", "--yes"]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`sleep \\(process ${pid}\\): file ${world.project}/file`));
    assert.equal((await world.status()).status, "running");
    assert.equal(await shell("cat file"), "one");
    await shell(`kill ${pid}`);
  });

  test("asks before it ends attached commands, whose background programs live on", async () => {
    const attached = world.spawn(["exec", "sh", "-c", `${counter}; sleep 1000`]);
    await until(async () => (await exec("test", "-s", "/tmp/count")).code === 0);
    const refused = await world.run(["suspend", "--json"]);
    assert.equal(refused.code, 3);
    assert.deepEqual(JSON.parse(refused.stdout), { kind: "sessions", sessions: 1 });
    assert.equal((await world.status()).status, "running");
    const ended = resultOf(attached);
    await suspend("--yes");
    const { code, stderr } = await ended;
    assert.equal(code, 129);
    assert.match(stderr, /suspended/);
    await start();
    const before = await count();
    await until(async () => (await count()) > before);
  });

  test("a changed configuration is asked about, and both answers are possible", async () => {
    await shell(`rm -f /tmp/count; ${counter}`);
    await suspend();
    world.write("airlock.toml", `${smallMachine}[env]\nNEW = "1"\n`);
    const refused = await world.run(["start", "--detach"]);
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /since the sandbox was suspended, env has changed/i);
    assert.match(refused.stderr, /--resume .*--discard-suspended/);
    assert.equal((await world.status()).status, "suspended");
    const reset = await world.run(["disk", "reset", "--yes"]);
    assert.equal(reset.code, 1);
    assert.match(reset.stderr, /suspended.*use the disk\.\n.*`airlock stop`/);
    await start("--resume");
    assert.equal(await shell("test -s /tmp/count && echo kept"), "kept");
    assert.equal(await shell("echo $NEW"), "");
    await suspend();
    await start("--discard-suspended");
    assert.equal(await shell("test -e /tmp/count || echo gone"), "gone");
    assert.equal(await shell("echo $NEW"), "1");
    assert.deepEqual(savedNames(), []);
  });

  test("a disk that was changed in between forbids to go on", async () => {
    await suspend();
    const disk = join(world.project, ".airlock/sandbox/disk.img");
    // Its time of change tells.
    utimesSync(disk, new Date(), new Date());
    const { code, stderr } = await world.run(["start", "--detach"]);
    assert.equal(code, 3);
    assert.match(stderr, /cannot be resumed: its disk has been changed/);
    await start("--discard-suspended");
  });

  test("`stop` throws a suspended sandbox away and says so; its disk is kept", async () => {
    await shell("echo kept > /airlock/disk/note");
    await suspend();
    const { stderr } = await world.run(["stop"]);
    assert.match(stderr, /running programs are gone, its disk is kept/);
    assert.equal((await world.status()).status, "stopped");
    assert.deepEqual(savedNames(), []);
    await start();
    assert.equal(await shell("cat /airlock/disk/note"), "kept");
  });

  test("a state that does not load is told, and the sandbox can be booted", async () => {
    await suspend();
    const [name = ""] = savedNames();
    writeFileSync(join(world.project, ".airlock/sandbox", name, "state"), "torn");
    const { code, stderr } = await world.run(["start", "--detach"]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /cannot be resumed/);
    assert.equal((await world.status()).status, "suspended");
    await start("--discard-suspended");
  });

  test("after a kill at any moment of it, the next start works", async () => {
    await shell("echo safe > /airlock/disk/note; sync");
    for (const pauseMs of [100, 250, 400, 550, 700]) {
      await running();
      const { supervisor } = world.pids();
      const suspending = world.run(["suspend"]);
      await delay(pauseMs);
      killHard(supervisor);
      await suspending;
      await start();
      assert.equal(await shell("cat /airlock/disk/note; cat file"), "safe\none");
      assert.deepEqual(savedNames(), [], `leftovers after ${pauseMs} ms`);
    }
  });

  test("after a kill in the middle of a resume, the next start works", async () => {
    for (const pauseMs of [300, 600, 900]) {
      await suspend();
      // Listened to from its start on: it may have ended before the kill.
      const started = resultOf(world.spawn(["start", "--detach"]));
      await until(() => isStarting());
      await delay(pauseMs);
      killHard(world.pids().supervisor);
      await started;
      await start();
      assert.equal(await shell("cat /airlock/disk/note; cat file"), "safe\none");
    }
  });

  test("an idle sandbox suspends itself when it is told to", async () => {
    await world.run(["stop"]);
    await start("--suspend-idle", "0.05");
    await until(async () => (await world.status()).status === "suspended");
    await start();
  });
});

function isStarting(): boolean {
  return existsSync(join(world.project, ".airlock/sandbox/cli.sock"));
}

function killHard(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}
