import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { isLocked } from "#helper/sandbox/lock.ts";
import { createStateDir, type Project, projectAt } from "#helper/sandbox/project.ts";
import { isRunning, refuseRunning } from "#helper/sandbox/refuseRunning.ts";
import { until } from "#test/support/cli.ts";
import { tempTree } from "#test/support/tempTree.ts";

/** A project whose lock somebody holds who answers on no socket, as a supervisor that ends does. */
async function lockedProject(t: TestContext, seconds: string): Promise<Project> {
  const project = projectAt(tempTree(t, {}));
  await createStateDir(project);
  const holder = spawn("flock", ["--no-fork", project.lockFile, "sleep", seconds]);
  t.after(async () => {
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    holder.kill("SIGKILL");
    await once(holder, "exit");
  });
  await until(() => isLocked(project));
  return project;
}

test("a start waits for a sandbox that is just ending", async (t) => {
  const project = await lockedProject(t, "1");
  await refuseRunning(project);
  assert.equal(await isLocked(project), false);
});

test("a sandbox that is just ending is no running one, and so can be removed", async (t) => {
  assert.equal(await isRunning(await lockedProject(t, "1")), false);
});

test("a start does not wait for ever", async (t) => {
  const project = await lockedProject(t, "60");
  await assert.rejects(refuseRunning(project, 200), { code: "running" });
});
