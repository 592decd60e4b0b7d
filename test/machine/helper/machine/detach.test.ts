// Shares leave a running machine and come back, over both kinds of share.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ShareType } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { bootTestMachine, type TestMachine } from "#test/support/machine.ts";

for (const type of ["virtiofs", "9p"] as const) {
  test(`a ${type} share leaves a running machine and comes back`, async (t) => {
    if (type === "9p") setVariable(t, "AIRLOCK_VIRTIOFSD", "none");
    const sandbox = await bootTestMachine(t);
    const { machine, link, project, run } = sandbox;
    assert.equal(machine.shares[0]?.type, type);
    const counting = "cd /; (while :; do echo x >> /tmp/count; sleep 0.1; done) >/dev/null 2>&1 &";
    await run("sh", "-c", counting);
    for (const round of ["first", "second"]) {
      const { holders, sessions } = await link.agent.detachShares({});
      assert.deepEqual({ holders, sessions }, { holders: [], sessions: 0 });
      await machine.detachShare("project");
      await assert.rejects(run("true"), /suspended/);
      await machine.attachShare("project");
      await link.agent.attachShares({ shares: shares(sandbox) });
      writeFileSync(join(project, "file"), `${round}\n`);
      assert.equal((await run("cat", join(project, "file"))).stdout, `${round}\n`);
    }
    const count = Number((await run("sh", "-c", "wc -l < /tmp/count")).stdout);
    assert.ok(count > 0);
  });
}

test("a process that uses a share keeps it and is named", async (t) => {
  const { link, project, run } = await bootTestMachine(t);
  const use = `cd /; sleep 1000 3< ${project}/file >/dev/null 2>&1 & echo $!`;
  const pid = Number((await run("sh", "-c", use)).stdout);
  const { holders } = await link.agent.detachShares({ endSessions: true });
  assert.deepEqual(
    holders.map(({ pid, command, kind, path }) => ({ pid, command, kind, path })),
    [{ pid, command: "sleep", kind: "file", path: join(project, "file") }],
  );
  assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
});

test("a host that gives up in the middle finds the shares where they were", async (t) => {
  const { link, project, run } = await bootTestMachine(t);
  // It keeps a mount of its own, which stands in the way only after the others are gone.
  const keeper = "cd /; unshare -m --propagation private sleep 1000 >/dev/null 2>&1 & echo $!";
  const { stdout } = await run("sh", "-c", keeper);
  const until = `until [ "$(cat /proc/${stdout.trim()}/comm)" = sleep ]; do sleep 0.1; done`;
  assert.equal((await run("sh", "-c", until)).code, 0);
  // Attached, it costs the time in which the host loses its patience.
  const stubborn = run("sh", "-c", "cd /; trap '' HUP TERM; sleep 1000; sleep 1000");
  stubborn.catch(() => "it is ended by the suspend");
  await assert.rejects(link.agent.detachShares({ endSessions: true }, { timeoutMs: 1_500 }));
  const { holders } = await link.agent.detachShares({ endSessions: true });
  assert.deepEqual(
    holders.map(({ command, kind }) => ({ command, kind })),
    [{ command: "sleep", kind: "mount" }],
  );
  assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
});

function shares({ machine, project }: TestMachine) {
  return machine.shares.map(({ tag, type, coversEnforced }) => ({
    tag,
    type: type === "virtiofs" ? ShareType.SHARE_TYPE_VIRTIOFS : ShareType.SHARE_TYPE_9P,
    target: project,
    softMasks: coversEnforced ? [] : [".airlock"],
  }));
}

function setVariable(t: TestContext, name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  t.after(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}
