// Whole lives of sandboxes: what a start does, what it refuses, and that nothing stays behind.
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startEventSchema } from "#shared/protocol/status.ts";
import { type CliWorld, cliWorld, resultOf, smallMachine, until } from "../../support/cli.ts";
import { untilGone } from "../../support/processes.ts";

const timeout = 120_000;

function world(t: TestContext, name?: string, config = smallMachine): CliWorld {
  const made = cliWorld({ "airlock.toml": config }, name);
  t.after(() => made.dispose());
  return made;
}

test("start runs the command after `--`, passes its code on and leaves nothing running", {
  timeout,
}, async (t) => {
  const { run, status, project } = world(t);
  const script = "echo hello from vm; pwd; . /etc/os-release; echo $HOME; exit 42";
  const { code, stdout, stderr } = await run(["-q", "start", "--", "sh", "-c", script]);
  assert.equal(code, 42, stderr);
  assert.equal(stdout, `hello from vm\n${project}\n/root\n`);
  assert.equal((await status()).status, "stopped");
  const log = readFileSync(join(project, ".airlock/airlock.log"), "utf8");
  assert.match(
    log,
    /ended: stopped, exit code 0\n.* start: the command has ended, exit code 42\n$/,
  );
  assert.equal(readFileSync(join(project, ".airlock/.gitignore"), "utf8"), "*\n");
  const removed = await run(["rm", "-f"]);
  assert.deepEqual(removed, { code: 0, stdout: "", stderr: "Sandbox removed.\n" });
  assert.throws(() => statSync(join(project, ".airlock")));
});

test("without a command the image's own runs, with our input", { timeout }, async (t) => {
  const { run } = world(t);
  const { code, stdout } = await run(["start"], { input: "echo from the shell; exit 3\n" });
  assert.deepEqual({ code, stdout }, { code: 3, stdout: "from the shell\n" });
});

test("a main command that cannot be launched ends the start with 100", { timeout }, async (t) => {
  const { run, status } = world(t);
  const { code, stderr } = await run(["start", "--", "no-such-program"]);
  assert.equal(code, 100);
  assert.match(stderr, /error: .*no-such-program/);
  assert.equal((await status()).status, "stopped");
});

test("a disk that cannot be repaired fails the start with 100 and the reason", {
  timeout,
}, async (t) => {
  const { run, project, status } = world(t);
  assert.equal((await run(["start", "--", "true"])).code, 0);
  damageDisk(join(project, ".airlock/sandbox/disk.img"));
  const { code, stderr } = await run(["start", "--", "true"]);
  assert.equal(code, 100, stderr);
  assert.match(stderr, /error: .*disk/i);
  const { failure } = await status();
  assert.equal(failure?.code, "init-failed");
  const log = () => readFileSync(join(project, ".airlock/airlock.log"), "utf8");
  await until(() => / ended: failed \(init-failed\), exit code 1\n$/.test(log()));
});

test("the disk keeps what was written, grows on demand and never shrinks", {
  timeout,
}, async (t) => {
  const { run, write, status } = world(t);
  const script = "cat /root/file 2>/dev/null; echo kept > /root/file; df -k / | tail -1";
  const first = await run(["start", "--", "sh", "-c", script]);
  write("airlock.toml", smallMachine.replace("256 MB", "512 MB"));
  const grown = await run(["start", "--", "sh", "-c", script]);
  assert.match(grown.stdout, /^kept\n/, grown.stderr);
  const [before = 0, after = 0] = [first, grown].map(({ stdout }) => dfKilobytes(stdout));
  assert.ok(after - before > 200_000, `${before} KB became ${after} KB`);
  assert.equal((await status()).disk?.sizeBytes, 512 * 2 ** 20);
  write("airlock.toml", smallMachine);
  const shrunk = await run(["start", "--", "true"]);
  assert.equal(shrunk.code, 1);
  assert.match(shrunk.stderr, /512 MiB and cannot shrink to 256 MiB/);
  const reset = await run(["disk", "reset", "--yes"]);
  assert.equal(reset.code, 0, reset.stderr);
  const anew = await run(["start", "--", "sh", "-c", script]);
  assert.equal(anew.code, 0, anew.stderr);
  assert.doesNotMatch(anew.stdout, /kept/);
  assert.equal((await status()).disk?.sizeBytes, 256 * 2 ** 20);
});

test("AIRLOCK_PTY_DUMP=1 keeps what the main command prints, and -v lists what there is", {
  timeout,
}, async (t) => {
  const more =
    '[mounts.m]\nsource = "/srv"\ntarget = "/srv"\n[network.rules.web]\nallow = ["a.org"]\n';
  const { run, project } = world(
    t,
    undefined,
    `${smallMachine}${more}[mask.secret]\npaths = ["x", "y"]\n`,
  );
  const script = "echo out; echo err >&2";
  const env = { AIRLOCK_PTY_DUMP: "1" };
  const words = ["start", "--yes", "-v", "--", "sh", "-c", script];
  const { stdout, stderr, code } = await run(words, { env });
  assert.equal(code, 0, stderr);
  const path = join(project, ".airlock/sandbox/pty.dump");
  assert.ok(stderr.includes(`is also written to ${path}.`), stderr);
  assert.equal(stdout, "out\n");
  assert.deepEqual(readFileSync(path, "utf8").split("\n").sort(), ["", "err", "out"]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(stderr, /^Mounts +project: \S+ → \S+\n +m: \/srv → \/srv \(not active yet\)$/m);
  assert.match(
    stderr,
    /^Network rules +policy: allow-always \(not active yet\)\n +web: 1 allow, 0 deny /m,
  );
  assert.match(stderr, /^Masks +secret: 2 paths: x, y \(not active yet\)$/m);
});

test("another image is not taken without consent", { timeout }, async (t) => {
  const { run, project } = world(t);
  assert.equal((await run(["start", "--", "true"])).code, 0);
  const record = join(project, ".airlock/sandbox/run.json");
  const changed = JSON.parse(readFileSync(record, "utf8"));
  changed.status.image.digest = `sha256:${"0".repeat(64)}`;
  writeFileSync(record, JSON.stringify(changed));
  const refused = await run(["start", "--", "true"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /sandbox image has changed/);
  assert.equal((await run(["start", "--yes", "--", "true"])).code, 0);
});

test("nested virtualisation is refused without KVM, before anything runs", {
  timeout,
}, async (t) => {
  const { run, project } = world(
    t,
    undefined,
    `${smallMachine.replace("cpus", "kvm = true\ncpus")}`,
  );
  const { code, stderr } = await run(["start", "--yes", "--", "true"], {
    env: { AIRLOCK_ACCEL: "tcg" },
  });
  assert.equal(code, 1);
  assert.match(stderr, /airlock\.toml:\d+:\d+: error: `vm\.kvm`: nested virtualisation needs KVM/);
  assert.throws(() => statSync(join(project, ".airlock/sandbox/run.json")));
});

test("--json prints events only, the last of them the exit", { timeout }, async (t) => {
  const { run } = world(t);
  const { stdout, stderr } = await run(["start", "--json", "--", "sh", "-c", "echo out; exit 5"]);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => startEventSchema.parse(JSON.parse(line)));
  assert.deepEqual(events.at(-1), { event: "exited", code: 5 });
  const ready = events.find(({ event }) => event === "ready");
  assert.equal(ready?.event === "ready" && ready.status.status, "running");
  assert.match(stderr, /^out$/m);
});

test("--sandbox-cwd moves the project, and exec finds the counterpart of a directory", {
  timeout,
}, async (t) => {
  const { run, status, project, write } = world(t);
  write("sub/file", "content\n");
  assert.equal((await run(["start", "--detach", "--sandbox-cwd", "/workspace/"])).code, 0);
  assert.equal((await status()).guestPath, "/workspace");
  const { stdout } = await run(["exec", "sh", "-c", "pwd; cat file"], { cwd: "sub" });
  assert.equal(stdout, "/workspace/sub\ncontent\n");
  assert.match((await run(["show"])).stdout, new RegExp(`${project} → /workspace`));
});

test("an interrupted start ends everything and exits with 130", { timeout }, async (t) => {
  const { spawn, pids, status } = world(t);
  const child = spawn(["start", "--", "true"]);
  const ended = resultOf(child);
  await untilProgress(child.stderr, "Booting");
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  assert.equal(code, 130, stderr);
  await untilGone(pids().supervisor);
  assert.equal((await status()).status, "stopped");
});

test("stop cancels a start", { timeout }, async (t) => {
  const { spawn, run, status } = world(t);
  const child = spawn(["start", "--detach"]);
  const ended = resultOf(child);
  await untilProgress(child.stderr, "Booting");
  assert.equal((await run(["stop"])).code, 0);
  assert.notEqual((await ended).code, 0);
  assert.equal((await status()).status, "stopped");
});

test("the sandbox ends in order when its supervisor gets SIGTERM", { timeout }, async (t) => {
  const { run, pids, status } = world(t);
  assert.equal((await run(["start", "--detach"])).code, 0);
  const { supervisor, qemu } = pids();
  process.kill(supervisor, "SIGTERM");
  await Promise.all([untilGone(supervisor), untilGone(qemu)]);
  assert.equal((await status()).status, "stopped");
});

test("two starts at once give one sandbox", { timeout }, async (t) => {
  const { run, status } = world(t);
  const codes = await Promise.all([1, 2, 3].map(async () => (await run(["start", "-d"])).code));
  assert.deepEqual(codes.sort(), [0, 1, 1]);
  assert.equal((await status()).status, "running");
});

for (const name of ["with spaces, commas = and 'quotes'", "ünïcode ✓", "x".repeat(120)]) {
  test(`a project directory may be called ${name}`, { timeout }, async (t) => {
    const { run, project, write } = world(t, join(name, name));
    write("file", "content\n");
    assert.equal((await run(["start", "--detach"])).code, 0);
    const { stdout } = await run(["exec", "sh", "-c", "pwd; cat file; ls -A .airlock"]);
    assert.equal(stdout, `${project}\ncontent\n`);
    assert.equal((await run(["stop"])).code, 0);
  });
}

/** The whole size in the last line of df. */
function dfKilobytes(text: string): number {
  return Number(/\s(\d+)\s+\d+\s+\d+\s+\d+%/.exec(text)?.[1]);
}

async function untilProgress(stream: NodeJS.ReadableStream, word: string): Promise<void> {
  let seen = "";
  stream.on("data", (chunk) => {
    seen += chunk;
  });
  await until(() => seen.includes(word));
}

/** Garbage over the metadata of an ext4 file system whose superblock still looks like one. */
function damageDisk(path: string): void {
  const file = openSync(path, "r+");
  try {
    writeSync(file, Buffer.alloc(8192, 0xff), 0, 8192, 4096);
    writeSync(file, Buffer.alloc(900, 0xff), 0, 900, 1024 + 100);
  } finally {
    closeSync(file);
  }
}

test("QEMU and its helpers get none of the user's variables", { timeout }, async (t) => {
  const world = cliWorld({ "airlock.toml": smallMachine });
  t.after(() => world.dispose());
  const env = { GITHUB_TOKEN: "planted-secret" };
  const { code, stderr } = await world.run(["start", "--detach"], { env });
  assert.equal(code, 0, stderr);
  const { qemu, supervisor } = world.pids();
  const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, "utf8");
  const pids = children.trim().split(" ");
  assert.ok(pids.includes(String(qemu)));
  for (const pid of pids) {
    const seen = readFileSync(`/proc/${pid}/environ`, "utf8");
    assert.match(seen, /(^|\0)PATH=/);
    assert.doesNotMatch(seen, /planted-secret/);
  }
});
