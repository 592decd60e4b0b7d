// Warm starts of the real command, many times and under fire.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type CliWorld, cliWorld, resultOf, smallMachine } from "../../support/cli.ts";
import { untilGone } from "../../support/processes.ts";

const starts = 50;
const attacks = 20;

/** A project that has been started once, so that its machine has a snapshot. */
async function startedOnce(t: TestContext): Promise<CliWorld> {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  await startTrue(world);
  assert.equal((await world.status()).startKind, "cold");
  return world;
}

async function startTrue(world: CliWorld): Promise<void> {
  const { code, stderr } = await world.run(["start", "--", "true"]);
  assert.equal(code, 0, stderr);
}

const warmDir = ({ home }: CliWorld) => join(home, ".cache", "airlock", "warm");
const snapshots = (world: CliWorld) =>
  readdirSync(warmDir(world)).filter((name) => /^[0-9a-f]{64}$/.test(name));

test(`${starts} starts in a row resume the machine without a failure`, {
  timeout: 900_000,
}, async (t) => {
  const world = await startedOnce(t);
  for (let count = 0; count < starts; count++) {
    await startTrue(world);
    const { startKind, phases } = await world.status();
    assert.equal(startKind, "warm", `start ${count}`);
    assert.ok(phases.some(({ name }) => name === "resume"));
  }
  assert.equal(snapshots(world).length, 1);
});

test(`${attacks} starts whose QEMU or supervisor is killed at any moment leave nothing, and the next one works`, {
  timeout: 900_000,
}, async (t) => {
  const world = await startedOnce(t);
  for (let count = 0; count < attacks; count++) {
    const { qemu: oldQemu, supervisor: oldSupervisor } = world.pids();
    const child = world.spawn(["start", "--", "sleep", "1000"]);
    const ended = resultOf(child);
    // From before the machine to after the start, in steps, so that every phase is hit.
    const target = count % 2 === 0 ? "qemu" : "supervisor";
    const old = target === "qemu" ? oldQemu : oldSupervisor;
    const pid = await newPid(world, target, old);
    await delay((count * 150) % 1500);
    process.kill(pid, "SIGKILL");
    await delay(50);
    child.kill("SIGTERM");
    await ended;
    await world.run(["stop", "--force"]);
    await untilGone(pid);
    await startTrue(world);
  }
  assert.deepEqual(
    readdirSync(warmDir(world)).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

/** Waits for a process to be recorded that is another one than the last. */
async function newPid(world: CliWorld, name: "qemu" | "supervisor", old: number): Promise<number> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
    const pid = world.pids()[name];
    // Zero is no process yet.
    if (pid !== old && pid > 0) return pid;
    await delay(5);
  }
  return assert.fail(`no ${name} was started`);
}

const mark = "planted-mark-5b1f";

test("a snapshot holds nothing of project, configuration or environment; it is pruned on demand", {
  timeout: 300_000,
}, async (t) => {
  const configuration = `${smallMachine}\n[env]\nPLANTED = "${mark}"\n`;
  const world = cliWorld({ "airlock.toml": configuration, [mark]: mark }, mark);
  t.after(() => world.dispose());
  const show = ["start", "--", "sh", "-c", `echo $PLANTED; cat ${mark}`];
  const { code, stdout, stderr } = await world.run(show, { env: { HOST_MARK: mark } });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${mark}\n${mark}`);
  const [key = assert.fail("no snapshot was kept")] = snapshots(world);
  for (const file of readdirSync(join(warmDir(world), key))) {
    const content = readFileSync(join(warmDir(world), key, file));
    for (const text of [mark, world.home]) assert.ok(!content.includes(text), `${text} in ${file}`);
  }
  const dry = await world.run(["image", "prune", "--warm", "--dry-run"]);
  assert.match(dry.stderr, /1 snapshots, .* would be freed/);
  assert.equal(snapshots(world).length, 1);
  const { startKind, phases } = await world.status();
  assert.equal(startKind, "cold");
  assert.ok(phases.some(({ name }) => name === "snapshot"));
  const off = await world.run(["start", "--", "true"], { env: { AIRLOCK_WARM: "off" } });
  assert.equal(off.code, 0, off.stderr);
  assert.equal((await world.status()).startKind, "cold");
  await startTrue(world);
  assert.equal((await world.status()).startKind, "warm");
  assert.match((await world.run(["show"])).stdout, /resumed from snapshot/);
  const pruned = JSON.parse((await world.run(["image", "prune", "--warm", "--json"])).stdout);
  assert.equal(pruned.removed.length, 1);
  assert.ok(pruned.freedBytes > 10 * 2 ** 20);
  assert.deepEqual(snapshots(world), []);
  const wrong = await world.run(["start", "--", "true"], { env: { AIRLOCK_WARM: "perhaps" } });
  assert.equal(wrong.code, 2, wrong.stderr);
});
