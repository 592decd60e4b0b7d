// A start asks before a configuration may reach beyond the sandbox. No machine is needed for that: an
// approved start goes on and ends because this installation has no files to boot.
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type StartEvent, startEventSchema } from "#shared/protocol/status.ts";
import { type CliWorld, cliWorld, resultOf, until } from "../../../support/cli.ts";

const mount = '[vm]\nimage = "embedded:base"\n[mounts.ssh]\nsource = "~/.ssh"\ntarget = "/ssh"\n';
const wider = `${mount}[env]\nTOKEN = "$HOME"\n`;

type World = CliWorld & { start: (...flags: string[]) => ReturnType<CliWorld["run"]> };

function world(t: TestContext, config: string): World {
  const made = cliWorld({ "airlock.toml": config });
  t.after(() => made.dispose());
  const env = { AIRLOCK_ASSETS: join(made.home, "nothing") };
  return { ...made, start: (...flags) => made.run(["start", "--detach", ...flags], { env }) };
}

function approvals(home: string) {
  return JSON.parse(readFileSync(join(home, ".airlock", "approvals.json"), "utf8"));
}

/** What a start says that was let through, here. */
const wentOn = /The machine cannot boot/;

test("without a terminal an unapproved start is refused with 3, and tells what and how", async (t) => {
  const { start, home } = world(t, mount);
  const { code, stderr } = await start();
  assert.equal(code, 3);
  assert.match(
    stderr,
    /^\+mounts\.ssh = \{ source = ".*\/home\/\.ssh", target = "\/ssh", read_only = false \}$/m,
  );
  assert.match(stderr, /airlock config approve/);
  assert.ok(!existsSync(join(home, ".airlock")));
});

test("--yes approves and is remembered, readable for the user only", async (t) => {
  const { start, home, project } = world(t, mount);
  assert.match((await start("--yes")).stderr, wentOn);
  assert.match((await start()).stderr, wentOn);
  const { version, projects } = approvals(home);
  assert.equal(version, 1);
  assert.deepEqual(projects[project].part.length, 1);
  assert.equal(statSync(join(home, ".airlock", "approvals.json")).mode & 0o777, 0o600);
});

test("a configuration without a privileged part is never asked about", async (t) => {
  const { start, home } = world(t, "vm.image = 'embedded:base'\nvm.cpus = 1\n");
  assert.match((await start()).stderr, wentOn);
  assert.ok(!existsSync(join(home, ".airlock", "approvals.json")));
});

test("a guest that adds to the configuration is found out, with a diff", async (t) => {
  const { start, write } = world(t, mount);
  await start("--yes");
  write("airlock.local.toml", '[network.sockets.docker]\nhost = "/var/run/docker.sock"\n');
  const { code, stderr } = await start();
  assert.equal(code, 3);
  assert.match(stderr, /^ mounts\.ssh = /m);
  assert.match(stderr, /^\+network\.sockets\.docker = "\/var\/run\/docker\.sock"$/m);
});

test("a link that a guest puts in the project's place of a mount is seen through", async (t) => {
  const { start, project, run } = world(t, '[mounts.m]\nsource = "data"\ntarget = "/d"\n');
  mkdirSync(join(project, "data"));
  assert.match((await start()).stderr, wentOn);
  rmdirSync(join(project, "data"));
  symlinkSync("/etc", join(project, "data"));
  assert.match((await start()).stderr, /^\+mounts\.m = \{ source = "\/etc"/m);
  // One that leads nowhere yet may be created where it leads.
  rmSync(join(project, "data"));
  symlinkSync("../elsewhere", join(project, "data"));
  assert.match((await run(["config", "approve", "--print"])).stdout, /\/elsewhere"/);
});

test("a user-wide file that the guest can write is asked about like the project's", async (t) => {
  const { start, run, home, project, write } = world(t, "vm.image = 'embedded:base'\n");
  write("dotfiles/config.toml", "vm.harden = false\n");
  mkdirSync(join(home, ".airlock"));
  const link = join(home, ".airlock", "config.toml");
  symlinkSync(join(project, "dotfiles/config.toml"), link);
  const { code, stderr } = await start();
  assert.deepEqual([code, /^\+vm\.harden = false$/m.test(stderr)], [3, true]);
  // A link of the guest's on the way can lead to another file at any time.
  writeFileSync(join(home, "real.toml"), "vm.harden = false\n");
  rmSync(join(project, "dotfiles/config.toml"));
  symlinkSync(join(home, "real.toml"), join(project, "dotfiles/config.toml"));
  assert.equal((await start()).code, 3);
  rmSync(link);
  symlinkSync(join(home, "real.toml"), link);
  assert.match((await run(["config", "approve"])).stderr, /needs no approval/);
});

test("a project in which the approvals lie is not shared with a sandbox", async (t) => {
  const { run, project, write } = world(t, "vm.image = 'embedded:base'\n");
  const env = { AIRLOCK_ASSETS: join(project, "nothing") };
  write("home/airlock.toml", "vm.image = 'embedded:base'\nvm.harden = false\n");
  const start = (HOME: string, cwd = "") =>
    run(["start", "--detach"], { env: { ...env, HOME }, cwd });
  const above = await start(join(project, "home"));
  assert.equal(above.code, 1);
  assert.match(above.stderr, /contains .*\/home\/\.airlock, .*approve anything by itself/);
  // In the home directory itself they are where the sandbox's state is, which the host hides.
  const itself = await start(join(project, "home"), "home");
  assert.equal(itself.code, 3, itself.stderr);
  // A link in the project that leads to them is as good as they.
  write("own/x", "");
  symlinkSync("../own", join(project, "home", ".airlock"));
  assert.match((await start(join(project, "home"))).stderr, /approve anything by itself/);
});

test("a mask that was in force cannot be dropped without a question", async (t) => {
  const { start, write } = world(t, 'vm.image = "embedded:base"\n[mask.m]\npaths = [".env"]\n');
  assert.match((await start()).stderr, wentOn);
  write("airlock.toml", 'vm.image = "embedded:base"\n');
  const { code, stderr } = await start();
  assert.equal(code, 3);
  assert.match(stderr, /^-mask\.m\.paths = "\.env"$/m);
});

test("as JSON the refusal carries the question, and its digest is the answer to it alone", async (t) => {
  const { start, write } = world(t, mount);
  const { code, stdout } = await start("--json");
  const events: StartEvent[] = stdout
    .trim()
    .split("\n")
    .map((line) => startEventSchema.parse(JSON.parse(line)));
  const last = events.at(-1);
  assert.ok(last?.event === "error" && last.approval !== undefined);
  assert.deepEqual([code, last.code, last.exitCode], [3, "approval-required", 3]);
  assert.equal(last.approval.before, "");
  assert.match(last.approval.after, /^mounts\.ssh = /);
  write("airlock.toml", wider);
  const { digest } = last.approval;
  assert.equal((await start("--approve", digest)).code, 3);
  assert.equal((await start("--approve", digest, "--yes")).code, 3);
  write("airlock.toml", mount);
  assert.match((await start("--approve", digest)).stderr, wentOn);
  assert.equal((await start("--approve", "sha256:0")).code, 2);
});

test("on a terminal the question can be answered with yes and with no", async (t) => {
  const { spawnOnTerminal, home } = world(t, mount);
  const answer = async (word: string) => {
    const child = spawnOnTerminal(["config", "approve"]);
    let seen = "";
    child.stdout.on("data", (data: Buffer) => {
      seen += data.toString();
    });
    await until(() => seen.includes("[yes/NO]"));
    child.stdin.write(`${word}\r`);
    await resultOf(child);
    return seen;
  };
  assert.match(await answer("n"), /Not approved/);
  assert.ok(!existsSync(join(home, ".airlock", "approvals.json")));
  assert.match(await answer("y"), /mounts\.ssh[\s\S]*Approved/);
  assert.ok(existsSync(join(home, ".airlock", "approvals.json")));
});

test("config approve says yes for scripts, prints what it is about, and takes it back", async (t) => {
  const { run, start } = world(t, mount);
  assert.equal((await run(["config", "approve"])).code, 3);
  const printed = await run(["config", "approve", "--print"]);
  const json = JSON.parse((await run(["config", "approve", "--json"])).stdout);
  assert.equal(printed.stdout, `${json.after}# ${json.digest}\n`);
  assert.equal(json.needed, true);
  assert.equal((await run(["config", "approve", "--yes"])).code, 0);
  assert.match((await start()).stderr, wentOn);
  assert.match((await run(["config", "approve"])).stderr, /needs no approval/);
  assert.equal((await run(["config", "approve", "--revoke"])).code, 0);
  assert.equal((await start()).code, 3);
});

test("a damaged record approves nothing, and one of a newer version is left alone", async (t) => {
  const { run, start, home } = world(t, mount);
  const path = join(home, ".airlock", "approvals.json");
  mkdirSync(join(home, ".airlock"));
  writeFileSync(path, "{");
  assert.equal((await start()).code, 3);
  const newer = '{"version": 2}';
  writeFileSync(path, newer);
  const { code, stderr } = await run(["config", "approve", "--yes"]);
  assert.deepEqual([code, /newer Airlock/.test(stderr)], [1, true]);
  assert.equal(readFileSync(path, "utf8"), newer);
});

test("approvals of several projects at once all stay", async (t) => {
  const { run, home, write } = world(t, mount);
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) write(`${name}/airlock.toml`, mount);
  const approve = (cwd: string) => run(["config", "approve", "--yes"], { cwd });
  const results = await Promise.all(names.map(approve));
  assert.deepEqual(new Set(results.map(({ code }) => code)), new Set([0]));
  assert.equal(Object.keys(approvals(home).projects).length, names.length);
  assert.ok(!existsSync(join(home, ".airlock", "approvals.json.lock")));
});
