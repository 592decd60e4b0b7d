// The program as a process, without a machine: words, streams, exit codes, files.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { showSchema } from "#shared/protocol/show.ts";
import { version } from "#shared/version.ts";
import { commitOf } from "../../../../scripts/setup/commit.mjs";
import { airlock, type CliWorld, cliWorld, resultOf, until } from "../../../support/cli.ts";

function world(t: TestContext, files: Record<string, string> = {}): CliWorld {
  const made = cliWorld(files);
  t.after(() => made.dispose());
  return made;
}

const commands = [
  ...["start", "exec", "stop", "show", "remove", "logs", "config", "image", "disk", "doctor"],
];

test("--help and -h list every command and exit with 0", async (t) => {
  const { run } = world(t);
  for (const option of ["--help", "-h"]) {
    const { code, stdout } = await run([option]);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: airlock/);
    for (const command of commands) assert.match(stdout, new RegExp(`^ +${command}\\b`, "m"));
    assert.doesNotMatch(stdout, /supervise/);
    const status = /\n\nStatus:\n {2}KVM: (granted|not available|permission denied)/;
    assert.equal(status.test(stdout), process.platform === "linux", stdout);
  }
});

test("every command has a help of its own, by two ways", async (t) => {
  const { run } = world(t);
  for (const command of [...commands, "rm", "x"]) {
    const [own, asked] = await Promise.all([run([command, "--help"]), run(["help", command])]);
    assert.equal(own.code, 0, command);
    assert.match(own.stdout, /^Usage: airlock/);
    assert.deepEqual(asked, own);
  }
  assert.match((await run(["start", "--help"])).stdout, /--log-level/);
  assert.match((await run(["exec", "--help"])).stdout, /--env/);
});

/** With the commit of the build, where it was built from a checkout. */
const versionText = new RegExp(
  `^airlock ${version.replaceAll(".", "\\.")}( \\([0-9a-f]{7,40}(-dirty)?\\))?\\n$`,
);

test("-V and --version print the version", async (t) => {
  const { run } = world(t);
  for (const option of ["-V", "--version"]) {
    const { code, stdout, stderr } = await run([option]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, versionText);
    assert.equal(stdout.includes("("), commitOf() !== undefined);
  }
});

const usageErrors = [
  [],
  ["frobnicate"],
  ["--bogus"],
  ["start", "--bogus"],
  ["start", "word"],
  ["start", "--log-level", "loud"],
  ["start", "--"],
  ["start", "--detach", "--", "true"],
  ["exec"],
  ["exec", "--"],
  ["exec", "-w"],
  ["show", "word"],
  ["show", "--", "word"],
  ["rm", "--"],
  ["disk"],
  ["disk", "reset", "word"],
  ["stop", "--bogus"],
];
for (const args of usageErrors) {
  test(`a usage error exits with 2 and says why: ${["airlock", ...args].join(" ")}`, async (t) => {
    const { code, stdout, stderr } = await world(t).run(args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.notEqual(stderr, "");
  });
}

test("start without a configuration exits with 2 and leaves nothing", async (t) => {
  const { run, project, home } = world(t);
  mkdirSync(join(home, ".airlock"));
  const { code, stderr } = await run(["start"]);
  assert.equal(code, 2);
  assert.match(stderr, /No airlock\.toml found in /);
  assert.ok(!existsSync(join(project, ".airlock")));
});

test("start --yes creates the configuration that start --json and a start without a terminal miss", async (t) => {
  const { run, project, spawnOnTerminal } = world(t);
  const path = join(project, "airlock.toml");
  const onTerminal = await resultOf(spawnOnTerminal(["start", "--json"]));
  const last = JSON.parse(onTerminal.stdout.trim().split("\n").at(-1) ?? "");
  assert.deepEqual([onTerminal.code, last.code, last.exitCode], [2, "no-config", 2]);
  assert.match(last.hint, /`airlock start --yes` create it/);
  assert.match((await run(["start"])).stderr, /`airlock start --yes` create it/);
  assert.ok(!existsSync(path));
  // It goes no further than to the machine's QEMU.
  const { stdout } = await run(["start", "--yes", "--json"], { env: { AIRLOCK_QEMU: "/none" } });
  const notices = stdout.split("\n").filter((line) => line.includes('"notice"'));
  assert.deepEqual(notices.map((line) => JSON.parse(line).text).slice(0, 1), [`Created ${path}.`]);
  assert.match(readFileSync(path, "utf8"), /image = "embedded:base"/);
});

test("in a directory that was deleted every command says so", async (t) => {
  const { home } = world(t);
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"';
  const words = ["start", "stop", "suspend", "show", "rm", "logs", "config", "doctor", "exec true"];
  const more = ["config check", "config approve", "config --origins", "disk reset", "image pull x"];
  for (const command of [...words, ...more]) {
    const args = ["-c", script, airlock, ...command.split(" ")];
    const env = { PATH: process.env.PATH, HOME: home, AIRLOCK_NODE: process.execPath };
    const { status, stderr } = spawnSync("sh", args, { cwd: home, env, encoding: "utf8" });
    assert.equal(status, 1, command);
    assert.match(
      stderr,
      /error: The current directory cannot be determined\.\n.*exists\.\n$/,
      command,
    );
  }
});

test("disk reset deletes the disk after a question and keeps everything else", async (t) => {
  const { run, project, write, spawnOnTerminal } = world(t);
  const none = { code: 0, stdout: "", stderr: "The sandbox has no disk yet.\n" };
  assert.deepEqual(await run(["disk", "reset"]), none);
  const disk = join(project, ".airlock/sandbox/disk.img");
  const files = {
    "airlock.toml": "broken = [",
    ".airlock/sandbox/run.json": "{}",
    ".airlock/airlock.log": "x\n",
  };
  for (const [path, text] of Object.entries({ ...files, ".airlock/sandbox/disk.img": "d" })) {
    write(path, text);
  }
  const asked = await run(["disk", "reset"]);
  assert.equal(asked.code, 3);
  assert.match(asked.stderr, /Agree with `airlock disk reset --yes`/);
  const refused = spawnOnTerminal(["disk", "reset"]);
  refused.stdin.write("no\r");
  assert.match(
    (await resultOf(refused)).stdout,
    /Delete the sandbox's disk .*\? \[yes\/NO\].*Aborted/s,
  );
  assert.ok(existsSync(disk));
  const { code, stderr } = await run(["disk", "reset", "--yes"]);
  assert.deepEqual([code, stderr], [0, "Disk deleted. The next start makes a new one.\n"]);
  assert.ok(!existsSync(disk));
  for (const [path, text] of Object.entries(files)) {
    assert.equal(readFileSync(join(project, path), "utf8"), text);
  }
});

test("a config error is told with file, line and column by start, show and config", async (t) => {
  const { run, project } = world(t, { "airlock.toml": "[vm]\ncpus = 0\n" });
  const place = `${join(project, "airlock.toml")}:2:8: error: `;
  const start = await run(["start"]);
  assert.equal(start.code, 2);
  assert.match(start.stderr, /Config error/);
  assert.ok(start.stderr.includes(`\n${place}`), start.stderr);
  const show = await run(["show"]);
  assert.equal(show.code, 1);
  assert.ok(show.stderr.startsWith(place), show.stderr);
  assert.notEqual((await run(["config"])).code, 0);
});

test("an unknown preset is a config error", async (t) => {
  const { run } = world(t, { "airlock.toml": 'presets = ["nonsense"]\n' });
  const { code, stderr } = await run(["start"]);
  assert.equal(code, 2);
  assert.match(stderr, /unknown preset/i);
});

test("with --json an error is an event", async (t) => {
  const { run } = world(t, { "airlock.toml": "[vm]\ncpus = 0\n" });
  const { code, stdout, stderr } = await run(["start", "--json"]);
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  assert.deepEqual([code, last.event, last.code, last.exitCode], [2, "error", "config", 2]);
  assert.equal(stderr, "");
});

test("what this computer lacks is told at once with places, before any question", async (t) => {
  const toml = `vm.kernel = "~/k"
vm.initramfs = "i"
disk.size = "1 GB"
[env]
A = "\${NOT_THERE_1} $NOT_THERE_2 \${NOT_THERE_1:x}"
[daemons.d]
command = ["x"]
env.B = "\${NOT_THERE_3:$NOT_THERE_4}"
[daemons.off]
enabled = false
command = ["x"]
env.B = "$NOT_THERE_5"
`;
  const { run, write, project, home } = world(t, { "airlock.toml": toml, i: "no archive" });
  write(".airlock/sandbox/disk.img", "");
  truncateSync(join(project, ".airlock/sandbox/disk.img"), 2 ** 31);
  const { code, stderr } = await run(["start"]);
  assert.equal(code, 1);
  const errors = [
    `1:13: error: \`vm.kernel\`: ${home}/k was not found`,
    `2:16: error: \`vm.initramfs\`: ${project}/i is no initial RAM file system: expected a cpio archive, plain or compressed`,
    "3:13: error: `disk.size`: the sandbox's disk has 2 GiB and cannot shrink to 1 GiB; set it back, or make the disk anew without what is on it: `airlock disk reset`",
    ...[1, 2].map((n) => missing("5:5", "env.A", `NOT_THERE_${n}`)),
    missing("8:9", "daemons.d.env.B", "NOT_THERE_4"),
  ].map((line) => `${project}/airlock.toml:${line}`);
  for (const line of errors) assert.ok(stderr.includes(`${line}\n`), `${line}\n${stderr}`);
  assert.equal(stderr.split("error: `").length - 1, errors.length);
  const check = await run(["config", "check"]);
  assert.deepEqual([check.code, check.stdout], [2, `${errors.join("\n")}\n`]);
  // Elsewhere all this may be right.
  const { stdout } = await run(["config", "check", "--no-host"]);
  assert.equal(stdout, "");
});

function missing(place: string, key: string, variable: string): string {
  return `${place}: error: \`${key}\`: no such variable on this computer: ${variable}; set it, or give it a default as in \`\${${variable}:x}\``;
}

test("features that do not exist yet are named, and quiet is quiet", async (t) => {
  const toml = '[vm]\nkernel = "none"\n[network.rules.web]\nallow = ["example.com"]\n';
  const { run, project, home } = world(t, { "airlock.toml": toml });
  mkdirSync(join(home, ".airlock"));
  const settings = join(home, ".airlock", "settings.toml");
  writeFileSync(settings, 'vault.storage = "file"\n');
  const { stderr } = await run(["start"]);
  assert.match(
    stderr,
    new RegExp(`warning: ${settings}:1:\\d+: vault\\.storage is not active yet`),
  );
  const place = join(project, "airlock.toml");
  assert.match(
    stderr,
    new RegExp(`warning: ${place}:\\d+:\\d+: network\\.rules\\.web is not active yet`),
  );
  for (const args of [
    ["-q", "start"],
    ["start", "-q"],
  ]) {
    assert.doesNotMatch((await run(args)).stderr, /Preparing/);
  }
});

test("show without a sandbox fails, but gives the configured wishes as JSON", async (t) => {
  const { run, project } = world(t, { "airlock.toml": "[vm]\ncpus = 1\n" });
  const { code, stderr } = await run(["show"]);
  assert.equal(code, 1);
  assert.match(stderr, /No sandbox for /);
  const { stdout } = await run(["show", "--json"]);
  const shown = showSchema.parse(JSON.parse(stdout));
  assert.deepEqual([shown.status, shown.cpus], ["stopped", 1]);
  assert.equal(shown.sandboxDir, join(project, ".airlock/sandbox"));
  assert.equal(shown.configured?.network.policy, "allow-always");
});

test("exec without a sandbox says where it looked", async (t) => {
  const { run, project } = world(t);
  const { code, stderr } = await run(["exec", "bash"]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`No running sandbox was found in ${project} or above`));
});

test("stop without a sandbox is content", async (t) => {
  const { code, stderr } = await world(t).run(["stop"]);
  assert.deepEqual([code, stderr], [0, "The sandbox is not running.\n"]);
});

test("rm without state says nothing; it needs no valid configuration, but consent", async (t) => {
  const { run, project, write } = world(t);
  assert.deepEqual(await run(["rm", "-f"]), { code: 0, stdout: "", stderr: "" });
  write("airlock.toml", "broken = [");
  write(".airlock/sandbox/disk.img", "");
  write(".airlock/sandbox/lock", "1\n");
  assert.deepEqual(await run(["rm"]), { code: 0, stdout: "", stderr: "Aborted.\n" });
  assert.ok(existsSync(join(project, ".airlock")));
  const { code, stderr } = await run(["remove", "--force"]);
  assert.deepEqual([code, stderr], [0, "Sandbox removed.\n"]);
  assert.ok(!existsSync(join(project, ".airlock")));
});

test("rm in the home directory deletes the sandbox and none of the user's own files", async (t) => {
  const { run, home, project, write } = world(t);
  const env = { HOME: project };
  const own = {
    ".airlock/config.toml": "vm.cpus = 1\n",
    ".airlock/approvals.json": '{"version":1,"projects":{}}\n',
    ".airlock/suspended/0.json": "{}\n",
    ".airlock/.gitignore": "sandbox/\n",
  };
  for (const [path, text] of Object.entries(own)) write(path, text);
  assert.deepEqual(await run(["rm", "-f"], { env }), { code: 0, stdout: "", stderr: "" });
  write(".airlock/sandbox/disk.img", "");
  write(".airlock/airlock.log", "");
  assert.equal((await run(["rm", "-f"], { env })).stderr, "Sandbox removed.\n");
  for (const [path, text] of Object.entries(own)) {
    assert.equal(readFileSync(join(project, path), "utf8"), text);
  }
  for (const path of ["sandbox", "airlock.log"]) {
    assert.ok(!existsSync(join(project, ".airlock", path)));
  }
  assert.ok(!existsSync(join(home, ".airlock")));
});

test("rm refuses a planted link and leaves what it leads to", async (t) => {
  const { run, home, project } = world(t);
  mkdirSync(join(home, "theirs", "sandbox"), { recursive: true });
  symlinkSync(join(home, "theirs"), join(project, ".airlock"));
  assert.equal((await run(["rm", "-f"])).code, 1);
  assert.ok(existsSync(join(home, "theirs", "sandbox")));
});

test("logs prints the log, and -f what is appended", async (t) => {
  const { run, spawn, write } = world(t);
  assert.equal((await run(["logs"])).code, 1);
  write(".airlock/airlock.log", "first\n");
  assert.equal((await run(["logs"])).stdout, "first\n");
  const child = spawn(["logs", "-f"]);
  let seen = "";
  child.stdout.on("data", (chunk) => {
    seen += chunk;
  });
  await until(() => seen === "first\n");
  write(".airlock/airlock.log", "first\nsecond\n");
  await until(() => seen === "first\nsecond\n");
  const ended = resultOf(child);
  child.kill("SIGTERM");
  await ended;
});

test("start on a terminal offers to create the configuration, and takes no for an answer", async (t) => {
  const { spawnOnTerminal, project } = world(t);
  const refused = spawnOnTerminal(["start"]);
  refused.stdin.write("cancel\r");
  const { code, stdout } = await resultOf(refused);
  assert.deepEqual([code, /Aborted/.test(stdout)], [0, true]);
  assert.ok(!existsSync(join(project, "airlock.toml")));
});

test("the launcher works through links, from any directory, with the Node it is told", (t) => {
  const { home } = world(t);
  mkdirSync(join(home, "a b"));
  symlinkSync(airlock, join(home, "a b", "one"));
  symlinkSync("one", join(home, "a b", "two"));
  const link = join(home, "a b", "two");
  const env = { PATH: "/usr/bin:/bin", AIRLOCK_NODE: process.execPath };
  const { stdout } = spawnSync(link, ["--version"], { cwd: "/", env, encoding: "utf8" });
  assert.match(stdout, versionText);
});

test("the version is package.json's", () => {
  const file = readFileSync(join(import.meta.dirname, "../../../../package.json"), "utf8");
  assert.equal(JSON.parse(file).version, version);
});

test("rm does not delete a sandbox that was started while it asked", async (t) => {
  const { spawnOnTerminal, project } = world(t, { ".airlock/sandbox/disk.img": "precious" });
  const asking = spawnOnTerminal(["rm"]);
  let seen = "";
  asking.stdout.on("data", (chunk) => {
    seen += chunk;
  });
  await until(() => seen.includes("Remove the sandbox"));
  const lock = join(project, ".airlock/sandbox/lock");
  const supervisor = spawn("flock", ["--no-fork", lock, "sleep", "1000"]);
  t.after(() => supervisor.kill("SIGKILL"));
  await until(() => spawnSync("flock", ["--nonblock", lock, "true"]).status === 1);
  asking.stdin.write("yes\n");
  await until(() => asking.exitCode !== null);
  assert.match(seen, /is already running/);
  assert.equal(readFileSync(join(project, ".airlock/sandbox/disk.img"), "utf8"), "precious");
});

test("the state of another project behind a link is not used by any command", async (t) => {
  const { run, project } = world(t, { "other/.airlock/airlock.log": "theirs", "here/x": "" });
  symlinkSync(join(project, "other/.airlock"), join(project, "here/.airlock"));
  for (const command of ["stop", "suspend", "logs", "show", "rm"]) {
    const { code, stdout, stderr } = await run([command], { cwd: "here" });
    assert.equal(code, 1, command);
    assert.match(stderr, /\.airlock is a symbolic link, so Airlock does not use it/, command);
    assert.equal(stdout, "");
  }
  const exec = await run(["exec", "true"], { cwd: "here" });
  assert.match(exec.stderr, /No running sandbox was found/);
});
