// What becomes of a sandbox whose suspension goes wrong. The agent is a server on loopback.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { createStateDir, projectAt } from "#helper/sandbox/project.ts";
import { Board } from "#helper/sandbox/supervisor/board.ts";
import type { BootedSandbox } from "#helper/sandbox/supervisor/boot.ts";
import { Suspension } from "#helper/sandbox/supervisor/suspension.ts";
import type { AgentService } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { silentLogger } from "#shared/log.ts";
import { fakeAgent } from "#test/support/fakeAgent.ts";
import { fakeStatus } from "#test/support/fakeStatus.ts";
import { supervisorSpec } from "#test/support/supervisorSpec.ts";
import { tempTree } from "#test/support/tempTree.ts";

async function world(t: TestContext, calls: Partial<ServiceImpl<typeof AgentService>>) {
  process.env.HOME = tempTree(t, {});
  const project = projectAt(tempTree(t, {}));
  await createStateDir(project);
  const { link, openControl } = await fakeAgent(t, calls);
  const done: string[] = [];
  const machine = {
    shares: [{ tag: "project", type: "9p", coversEnforced: true }],
    openControl,
    exited: new Promise(() => undefined),
    log: async () => "",
    detachShare: async () => {
      throw new Error("QEMU keeps it");
    },
    attachShare: async () => void done.push("attached"),
    resume: async () => void done.push("resumed"),
  };
  const sandbox = {
    machine,
    link,
    measures: [],
    aside: Promise.resolve(),
  } as unknown as BootedSandbox;
  const board = new Board({ ...fakeStatus(project.dir), status: "running" });
  const context = { project, spec: supervisorSpec(project.dir), board, log: silentLogger };
  const suspension = new Suspension();
  const asked = suspension.ask({ why: "test", endSessions: false });
  asked.catch(() => "looked at below");
  const outcome = await suspension.carryOut(context, sandbox);
  if (outcome.kind !== "suspended" && outcome.sandbox.link !== link) {
    t.after(() => outcome.sandbox.link.close());
  }
  return { outcome, asked, link, done, board };
}

test("a guest that cannot unmount its shares runs on as it was", async (t) => {
  const { outcome, asked, link, done, board } = await world(t, {
    detachShares: () => {
      throw new ConnectError("no way", Code.Internal);
    },
  });
  assert.ok(outcome.kind === "running" && outcome.sandbox.link === link && !link.session.destroyed);
  assert.equal(outcome.sessionsEnded, false);
  assert.equal(board.status.status, "running");
  assert.deepEqual(done, []);
  await assert.rejects(asked, /not suspended and runs on: .*no way/);
});

test("a share that QEMU does not let go comes back", async (t) => {
  const { outcome, asked, done, board } = await world(t, {
    detachShares: () => ({}),
    attachShares: () => ({}),
  });
  assert.equal(outcome.kind, "running");
  assert.deepEqual([done, board.status.status], [["resumed", "attached"], "running"]);
  await assert.rejects(asked, /runs on: QEMU keeps it/);
});

test("a guest that gets its shares back no more can still be shut down in order", async (t) => {
  const { outcome, asked } = await world(t, {
    detachShares: () => ({}),
    attachShares: () => {
      throw new ConnectError("mount failed", Code.Internal);
    },
    stats: () => ({ processes: 7 }),
  });
  assert.ok(outcome.kind === "stranded");
  assert.equal((await outcome.sandbox.link.agent.stats({})).processes, 7);
  await assert.rejects(asked, /QEMU keeps it.*cannot go on: .*mount failed/);
});

test("what a guest says of its obstacles is cut to a bearable size", async (t) => {
  const holder = { pid: 1, command: "c".repeat(9_999), kind: "file", path: "/p".repeat(9_999) };
  const { outcome } = await world(t, { detachShares: () => ({ holders: Array(40).fill(holder) }) });
  assert.ok(outcome.kind === "refused");
  const { obstacles = [] } = outcome.answer;
  assert.ok(obstacles.length === 32 && JSON.stringify(obstacles[0]).length < 8_500);
});
