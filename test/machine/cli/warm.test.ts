// Warm starts of the real command, many times and under fire.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  type CliResult,
  type CliWorld,
  cliWorld,
  resultOf,
  smallMachine,
} from "../../support/cli.ts";
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
    if (startKind !== "warm") {
      assert.fail(`start ${count} booted:\n${(await world.run(["logs"])).stdout}`);
    }
    assert.ok(phases.some(({ name }) => name === "resume"));
  }
  assert.equal(snapshots(world).length, 1);
});

test(`${attacks} starts whose QEMU or supervisor is killed at any moment leave nothing, and the next one works`, {
  timeout: 900_000,
}, async (t) => {
  const world = await startedOnce(t);
  const seed = Number(process.env.AIRLOCK_TEST_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`AIRLOCK_TEST_SEED=${seed} repeats the same kills`);
  const random = randomNumbers(seed);
  for (let count = 0; count < attacks; count++) {
    const old = world.pids();
    const child = world.spawn(["start", "--", "sleep", "1000"]);
    const ended = resultOf(child);
    // From before the machine to after the start.
    const target = random() < 0.5 ? "qemu" : "supervisor";
    const pauseMs = random() * 1500;
    const pid = await newPid(world, { target, old: old[target], ended });
    await delay(pauseMs);
    const { qemu, supervisor } = world.pids();
    kill(pid);
    await delay(random() * 100);
    child.kill("SIGTERM");
    await ended;
    // Half of the time the next start comes at once, and waits for what is just ending.
    if (random() < 0.5) await world.run(["stop", "--force"]);
    await startTrue(world);
    for (const one of [pid, qemu, supervisor]) if (one > 0) await untilGone(one);
  }
  assert.deepEqual(processesIn(world.project), [], "nothing is left running");
  assert.deepEqual(
    readdirSync(warmDir(world)).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

/** Numbers from 0 to 1 that look random and follow from the seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

/** Processes that stand in the project's state directory, as all of a sandbox do. */
function processesIn(project: string): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readlinkSync(`/proc/${name}/cwd`).startsWith(project);
    } catch {
      // It has gone, or it is the kernel's.
      return false;
    }
  });
}

type Wanted = { target: "qemu" | "supervisor"; old: number; ended: Promise<CliResult> };

/** Waits for a process to be recorded that is another one than the last. */
async function newPid(world: CliWorld, { target, old, ended }: Wanted): Promise<number> {
  let early: CliResult | undefined;
  void ended.then((result) => {
    early = result;
  });
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
    const pid = world.pids()[target];
    // Zero is no process yet.
    if (pid !== old && pid > 0) return pid;
    if (early !== undefined) assert.fail(`the start ended without a ${target}: ${early.stderr}`);
    await delay(5);
  }
  return assert.fail(`no ${target} was started`);
}

test("a first start is held up by keeping its snapshot for a moment only", {
  timeout: 300_000,
}, async (t) => {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  await startTrue(world);
  const phases = (await world.status()).phases;
  const msOf = (name: string) =>
    phases.find((phase) => phase.name === name)?.ms ?? assert.fail(name);
  t.diagnostic(`boot ${msOf("boot")} ms, snapshot ${msOf("snapshot")} ms`);
  // 0.3 s on a quiet computer, beside a boot of 2.5 s; both are longer on a busy one.
  assert.ok(msOf("snapshot") < 300 + msOf("boot") / 3);
});

test("a resumed machine has the time zone that the host has now", {
  timeout: 300_000,
}, async (t) => {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  const zones = ["Asia/Tokyo", "America/Lima"];
  // The agent names a zone only where the image has it.
  const files = zones.map((zone) => `/usr/share/zoneinfo/${zone}`);
  const script = `for f in ${files.join(" ")}; do mkdir -p \${f%/*}; echo x > $f; done`;
  const prepared = await world.run(["start", "--", "sh", "-c", script]);
  assert.equal(prepared.code, 0, prepared.stderr);
  for (const TZ of zones) {
    const show = ["start", "--", "sh", "-c", "echo $TZ"];
    const { code, stdout, stderr } = await world.run(show, { env: { TZ } });
    assert.equal(code, 0, stderr);
    assert.equal((await world.status()).startKind, "warm");
    assert.equal(stdout.trim(), TZ);
  }
});

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
