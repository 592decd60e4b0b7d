import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { serveSandbox } from "#helper/rpc/server.ts";
import { isLocked } from "#helper/sandbox/lock.ts";
import { createStateDir, projectAt } from "#helper/sandbox/project.ts";
import { stopSandbox } from "#helper/sandbox/stop.ts";
import { Board } from "#helper/sandbox/supervisor/board.ts";
import { sandboxService } from "#helper/sandbox/supervisor/service.ts";
import { UsageMeter } from "#helper/sandbox/supervisor/usage.ts";
import { until } from "#test/support/cli.ts";
import { fakeStatus } from "#test/support/fakeStatus.ts";
import { tempTree } from "#test/support/tempTree.ts";

test("whoever stops a sandbox hears what is waited for", async (t) => {
  const project = projectAt(tempTree(t, {}));
  await createStateDir(project);
  const supervisor = spawn("flock", ["--no-fork", project.lockFile, "sleep", "1000"]);
  t.after(() => supervisor.kill("SIGKILL"));
  await until(() => isLocked(project));
  const board = new Board(fakeStatus(project.dir));
  const heard: string[] = [];
  const server = await serveSandbox({
    socketPath: project.socket,
    service: sandboxService({
      ...{ board, usage: new UsageMeter(async () => undefined) },
      ...{ windowsChanged: () => undefined, suspend: async () => ({}) },
      stop: async () => {
        board.progress("stop", "Still writing");
        await until(() => heard.length > 0);
        supervisor.kill("SIGKILL");
      },
    }),
    guestSession: () => undefined,
  });
  t.after(() => server.close());
  assert.equal(
    await stopSandbox(project, { force: false, onProgress: (text) => heard.push(text) }),
    true,
  );
  assert.deepEqual(heard, ["Still writing"]);
});
