import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { sealSaved } from "#helper/machine/state/saved.ts";
import { countFailure, forgetFailures } from "#helper/warm/failures.ts";
import { removeAllSnapshots } from "#helper/warm/prune.ts";
import { tempTree } from "#test/support/tempTree.ts";
import { preparedWarmDir, startWarmly } from "#test/support/warm.ts";

/** What was damaged passes for what was written. */
async function sealAgain(snapshot: string): Promise<void> {
  const path = join(snapshot, "metadata.json");
  const described = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...described, seal: await sealSaved(snapshot) }));
}

const snapshots = (dir: string) => readdirSync(dir).filter((name) => /^[0-9a-f]{64}$/.test(name));

/** The one snapshot, made by a cold start when there is none. */
async function theSnapshot(t: TestContext): Promise<string> {
  const dir = await preparedWarmDir();
  if (snapshots(dir).length === 0) {
    const { startKind, machine } = await startWarmly(t);
    assert.equal(startKind, "cold");
    await machine.kill();
  }
  const [name = assert.fail("no snapshot was kept")] = snapshots(dir);
  return join(dir, name);
}

test("a snapshot leaves out what the kernel has freed after its boot", async (t) => {
  const memory = readFileSync(join(await theSnapshot(t), "memory"));
  const poisoned = Buffer.alloc(4096, 0xcc);
  let pages = 0;
  for (let at = 0; at < memory.length; at += poisoned.length) {
    if (memory[at] === 0xcc && memory.subarray(at, at + poisoned.length).equals(poisoned)) pages++;
  }
  // It is thousands where nobody looks for them.
  assert.ok(pages < 32, `${pages} pages`);
});

for (const virtiofsd of ["", "none"]) {
  const type = virtiofsd === "" ? "virtiofs" : "9p";
  test(`a resumed machine has image, disk and project over ${type}, and the right time`, async (t) => {
    await theSnapshot(t);
    setEnvironment(t, "AIRLOCK_VIRTIOFSD", virtiofsd);
    const { machine, startKind, run, project, lines } = await startWarmly(t);
    assert.equal(startKind, "warm", lines.join("\n"));
    assert.deepEqual(machine.shares, [{ tag: "project", type, coversEnforced: true }]);
    assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
    assert.equal((await run("ls", "-A", join(project, ".airlock"))).stdout, "");
    assert.equal((await run("sh", "-c", `echo back > ${project}/new; sync`)).code, 0);
    assert.equal(readFileSync(join(project, "new"), "utf8"), "back\n");
    assert.equal((await run("cat", "/etc/hostname")).stdout, "airlock\n");
    const seconds = Number((await run("date", "+%s")).stdout);
    assert.ok(Math.abs(seconds - Date.now() / 1000) < 60, `it is ${seconds}`);
    assert.ok((await machine.rssBytes()) > 30 * 2 ** 20);
  });
}

test("without namespaces the memory lies in the shared file system, and is resumed there", async (t) => {
  await removeAllSnapshots();
  const programs = tempTree(t, {});
  for (const name of ["cp", "setpriv"]) symlinkSync(`/usr/bin/${name}`, join(programs, name));
  setEnvironment(t, "PATH", programs);
  const first = await startWarmly(t);
  assert.equal(first.startKind, "cold");
  const second = await startWarmly(t);
  assert.equal(second.startKind, "warm", second.lines.join("\n"));
  assert.deepEqual(
    second.machine.shares.map(({ coversEnforced }) => coversEnforced),
    [false],
  );
  assert.equal((await second.run("cat", join(second.project, "file"))).stdout, "from the host\n");
  const directory = `/dev/shm/airlock-${process.getuid?.()}`;
  const files = () => readdirSync(directory).filter((name) => !name.endsWith(".reserved"));
  assert.deepEqual(files(), [], "the memory has no name");
  const reserved = () => readdirSync(directory).length;
  const before = reserved();
  await Promise.all([first.machine.kill(), second.machine.kill()]);
  assert.equal(reserved(), before - 2);
});

test("a snapshot holds nothing of project, image or environment", async (t) => {
  await removeAllSnapshots();
  const marker = "marker-of-the-project-7f3a";
  setEnvironment(t, "AIRLOCK_TEST_MARKER", `${marker}-in-the-environment`);
  const first = await startWarmly(t);
  writeFileSync(join(first.project, "file"), `${marker}-in-a-file`);
  assert.equal((await first.run("cat", join(first.project, "file"))).stdout, `${marker}-in-a-file`);
  const snapshot = await theSnapshot(t);
  const image = ["BusyBox v", "root:x:0:0"];
  const content = ["memory", "state", "metadata.json"].map((name) =>
    readFileSync(join(snapshot, name)),
  );
  for (const text of [marker, first.project, process.env.HOME ?? "", ...image]) {
    assert.ok(!content.some((bytes) => bytes.includes(text)), text);
  }
  assert.ok(
    content.some((bytes) => bytes.includes("airlock.control")),
    "the search finds things",
  );
});

test("a torn snapshot is removed, and the same start boots and keeps a new one", async (t) => {
  const snapshot = await theSnapshot(t);
  const before = statSync(join(snapshot, "memory")).size;
  truncateSync(join(snapshot, "memory"), before / 2);
  const { startKind, lines, run } = await startWarmly(t);
  assert.equal(startKind, "cold");
  assert.match(lines.join("\n"), /is removed: its memory is not complete[\s\S]*cold boot/);
  assert.equal((await run("true")).code, 0);
  assert.equal(statSync(join(snapshot, "memory")).size, before);
  const again = await startWarmly(t);
  assert.equal(again.startKind, "warm", again.lines.join("\n"));
});

test("a state that QEMU does not take leads to a boot in the same start", async (t) => {
  const snapshot = await theSnapshot(t);
  const state = readFileSync(join(snapshot, "state"));
  state.fill(0xff, 1000, 5000);
  writeFileSync(join(snapshot, "state"), state);
  await sealAgain(snapshot);
  const { startKind, lines, run } = await startWarmly(t);
  assert.equal(startKind, "cold");
  assert.match(lines.join("\n"), /is removed: /);
  assert.equal((await run("true")).code, 0);
});

test("a guest that does not wake up is given up, and the machine boots", async (t) => {
  const snapshot = await theSnapshot(t);
  const { size } = statSync(join(snapshot, "memory"));
  truncateSync(join(snapshot, "memory"), 0);
  truncateSync(join(snapshot, "memory"), size);
  await sealAgain(snapshot);
  const { startKind, lines, run } = await startWarmly(t, { context: { resumeDeadlineMs: 2_000 } });
  assert.equal(startKind, "cold");
  assert.match(lines.join("\n"), /is removed: /);
  assert.equal((await run("true")).code, 0);
});

test("a failure of something else does not cost the snapshot, and is tried once more", async (t) => {
  const snapshot = await theSnapshot(t);
  /** As when run.json cannot be written, the first times. */
  const failing = (times: number) => {
    let left = times;
    const onMachine = () => {
      if (left-- > 0) throw new Error("no space left");
    };
    return startWarmly(t, { context: { onMachine } });
  };
  const once = await failing(1);
  assert.equal(once.startKind, "warm", once.lines.join("\n"));
  assert.match(once.lines.join("\n"), /not resumed: no space left/);
  const twice = await failing(2);
  assert.equal(twice.startKind, "cold");
  assert.match(twice.lines.join("\n"), /cold boot: its snapshot could not be resumed/);
  assert.doesNotMatch(twice.lines.join("\n"), /kept a snapshot|is removed/);
  assert.ok(existsSync(snapshot));
  const next = await startWarmly(t);
  assert.equal(next.startKind, "warm", next.lines.join("\n"));
});

test("a boot that fails leaves no draft of its snapshot", async (t) => {
  await removeAllSnapshots();
  const onMachine = () => {
    throw new Error("no space left");
  };
  await assert.rejects(startWarmly(t, { context: { onMachine } }), /no space left/);
  assert.deepEqual(
    readdirSync(await preparedWarmDir()).filter((name) => name !== "hashes.json"),
    [],
  );
});

test("a machine that could not be resumed several times is booted without another try", async (t) => {
  const snapshot = await theSnapshot(t);
  const key = basename(snapshot);
  for (let count = 0; count < 3; count++) await countFailure(key);
  t.after(() => forgetFailures(key));
  const { startKind, lines } = await startWarmly(t);
  assert.equal(startKind, "cold");
  assert.match(lines.join("\n"), /cold boot: resuming this machine has failed several times/);
});

test("two first starts at once both work, and one snapshot is kept", async (t) => {
  await removeAllSnapshots();
  const both = await Promise.all([startWarmly(t), startWarmly(t)]);
  assert.deepEqual(
    both.map(({ startKind }) => startKind),
    ["cold", "cold"],
  );
  for (const { run } of both) assert.equal((await run("true")).code, 0);
  const dir = await preparedWarmDir();
  assert.equal(snapshots(dir).length, 1);
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("two starts at once resume the same snapshot, and removing it meanwhile does no harm", async (t) => {
  const snapshot = await theSnapshot(t);
  const remove = { onMachine: async () => void (await removeAllSnapshots()) };
  const both = await Promise.all([startWarmly(t), startWarmly(t, { context: remove })]);
  for (const { run } of both) assert.equal((await run("true")).code, 0);
  assert.ok(both.some(({ startKind }) => startKind === "warm"));
  assert.equal(
    existsSync(snapshot),
    both.some(({ startKind }) => startKind === "cold"),
  );
});

test("a machine that is switched off from warm start boots and keeps nothing", async (t) => {
  await removeAllSnapshots();
  const warm = { enabled: false, maxBytes: 2 ** 30 };
  const { startKind, lines } = await startWarmly(t, { context: { warm } });
  assert.equal(startKind, "cold");
  assert.match(lines.join("\n"), /cold boot: warm start is switched off/);
  assert.deepEqual(snapshots(await preparedWarmDir()), []);
});

const noMount = process.getuid?.() === 0 ? false : "only root can mount";

test("on a full disk the start goes on and the space is given back", {
  skip: noMount,
}, async (t) => {
  await removeAllSnapshots();
  const dir = await mountOn(t, "size=16m,mode=700");
  const { startKind, lines, run } = await startWarmly(t);
  assert.equal(startKind, "cold");
  assert.match(lines.join("\n"), /no snapshot is kept: .*(space|ENOSPC)/i);
  assert.equal((await run("true")).code, 0);
  assert.deepEqual(snapshots(dir), []);
  const { bfree, blocks } = statfsSync(dir);
  assert.ok(bfree > 0.9 * blocks, "the space is free again");
});

test("with a read-only cache a start resumes what is there, or boots", {
  skip: noMount,
}, async (t) => {
  const dir = await mountOn(t, "size=512m,mode=700");
  const first = await startWarmly(t);
  assert.equal(first.startKind, "cold");
  execFileSync("mount", ["-o", "remount,ro", dir]);
  const second = await startWarmly(t);
  assert.equal(second.startKind, "warm", second.lines.join("\n"));
  assert.equal((await second.run("true")).code, 0);
  execFileSync("mount", ["-o", "remount,rw", dir]);
  await removeAllSnapshots();
  execFileSync("mount", ["-o", "remount,ro", dir]);
  const third = await startWarmly(t);
  assert.equal(third.startKind, "cold");
  assert.match(third.lines.join("\n"), /no snapshot is kept: .*EROFS/);
  assert.equal((await third.run("true")).code, 0);
});

/** A file system of its own in place of the snapshots, until the test ends. */
async function mountOn(t: TestContext, options: string): Promise<string> {
  const dir = await preparedWarmDir();
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "airlock-test", dir]);
  t.after(() => {
    execFileSync("umount", ["--lazy", dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

function setEnvironment(t: TestContext, name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  t.after(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}
