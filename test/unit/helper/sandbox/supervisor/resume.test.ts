import assert from "node:assert/strict";
import { test } from "node:test";
import { attachResumed } from "#helper/sandbox/supervisor/resume.ts";
import { supervisorSpec } from "../../../../support/supervisorSpec.ts";

type Parts = Parameters<typeof attachResumed>[1];

test("a resumed guest whose project does not come back is shut down in order", async () => {
  const calls: string[] = [];
  let powerOff: () => void = () => undefined;
  const machine = {
    shares: [{ tag: "project", type: "virtiofs", coversEnforced: true }],
    attachShare: async (tag: string) => void calls.push(`attach ${tag}`),
    exited: new Promise<void>((resolve) => {
      powerOff = resolve;
    }),
  };
  const agent = {
    attachShares: async () => {
      throw new Error("mount: not a directory");
    },
    shutdown: async ({ graceMs = 0 }) => {
      calls.push(`shut down with ${graceMs > 0 ? "some" : "no"} time`);
      powerOff();
    },
  };
  const parts = { machine, agent } as unknown as Parts;
  await assert.rejects(attachResumed({ spec: supervisorSpec("/p") }, parts), {
    code: "resume-failed",
    message: /was shut down, because its project .*: mount: not a directory/,
  });
  assert.deepEqual(calls, ["attach project", "shut down with some time"]);
});
