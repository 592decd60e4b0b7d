import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { holdLock, isLocked } from "#helper/sandbox/lock.ts";
import { findRunningProject, type Project, projectAt } from "#helper/sandbox/project.ts";
import { until } from "#test/support/cli.ts";
import { tempTree } from "../../../support/tempTree.ts";

function project(t: TestContext): Project {
  const made = projectAt(tempTree(t, {}));
  mkdirSync(made.sandboxDir, { recursive: true });
  return made;
}

const root = join(import.meta.dirname, "..", "..", "..", "..");
const script = `
  const { projectAt } = await import("#helper/sandbox/project.ts");
  const { holdLock } = await import("#helper/sandbox/lock.ts");
  await holdLock(projectAt(process.argv[1])).then(() => console.log("held"), (error) => console.log(error.code));
  setTimeout(() => undefined, 1_000_000);
`;

/** A process that takes the lock, if it can, and lives on. */
async function hold(
  t: TestContext,
  made: Project,
): Promise<{ child: ChildProcess; outcome: string }> {
  const words = ["--input-type=module", "--eval", script, made.dir];
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  return { child, outcome: String(line).trim() };
}

test("a lock nobody holds is free, whatever its file says", async (t) => {
  const made = project(t);
  assert.equal(await isLocked(made), false);
  writeFileSync(made.lockFile, `${process.pid}\n`);
  assert.equal(await isLocked(made), false);
});

test("a second holder is refused while the first one lives", async (t) => {
  const made = project(t);
  assert.equal((await hold(t, made)).outcome, "held");
  assert.equal(await isLocked(made), true);
  assert.equal((await hold(t, made)).outcome, "running");
});

test("a holder that is just ending is waited for", async (t) => {
  const made = project(t);
  const { child } = await hold(t, made);
  const next = hold(t, made);
  setTimeout(() => child.kill("SIGKILL"), 2_500);
  assert.equal((await next).outcome, "held");
});

test("kill -9 of the holder frees the lock", async (t) => {
  const made = project(t);
  const { child } = await hold(t, made);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(await isLocked(made), false);
});

test("asking does not keep a starter out", async (t) => {
  const made = project(t);
  const asking = Promise.all(Array.from({ length: 20 }, () => isLocked(made)));
  assert.equal((await hold(t, made)).outcome, "held");
  await asking;
});

test("the lock of a sandbox that was deleted meanwhile is not mistaken for the new one's", async (t) => {
  const made = project(t);
  const script = 'sleep 0.2; rm "$0"';
  const remover = spawn("flock", ["--no-fork", made.lockFile, "sh", "-c", script, made.lockFile]);
  t.after(() => remover.kill("SIGKILL"));
  await until(() => isLocked(made));
  await holdLock(made);
  assert.equal(existsSync(made.lockFile), true);
  assert.equal(await isLocked(made), true);
});

test("every spelling of a directory is the same project", (t) => {
  const root = tempTree(t, { "p/file": "" });
  assert.equal(projectAt(join(root, "p", "..", "p")).socket, projectAt(join(root, "p")).socket);
});

test("the state of another user is passed over on the way up", (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root can give directories away");
  const root = realpathSync(tempTree(t, { "a/.airlock/sandbox/cli.sock": "", "a/b/file": "" }));
  assert.equal(findRunningProject(join(root, "a", "b"))?.dir, join(root, "a"));
  chownSync(join(root, "a/.airlock/sandbox"), 12345, 12345);
  assert.equal(findRunningProject(join(root, "a", "b")), undefined);
});

test("a link to the state of another project is passed over on the way up", (t) => {
  const root = realpathSync(
    tempTree(t, { "real/.airlock/sandbox/cli.sock": "", "whole/x": "", "part/.airlock/x": "" }),
  );
  symlinkSync(join(root, "real/.airlock"), join(root, "whole/.airlock"));
  symlinkSync(join(root, "real/.airlock/sandbox"), join(root, "part/.airlock/sandbox"));
  assert.equal(findRunningProject(join(root, "real"))?.dir, join(root, "real"));
  for (const name of ["whole", "part"]) {
    assert.equal(findRunningProject(join(root, name)), undefined, name);
  }
});
