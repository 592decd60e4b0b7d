import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { bootTestMachine, machineRequest, projectDirectory } from "#test/support/machine.ts";
import { tempTree } from "#test/support/tempTree.ts";

test("without virtiofsd the project is shared over 9p, and the host's cover holds", async (t) => {
  setEnvironment(t, { AIRLOCK_VIRTIOFSD: "none" });
  const { run, machine, project } = await bootTestMachine(t, projectDirectory(t, "a, 'b'\nc"));
  assert.deepEqual(machine.shares, [{ tag: "project", type: "9p", coversEnforced: true }]);
  const airlock = join(project, ".airlock");
  assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
  assert.equal((await run("sh", "-c", `cd "$0" && echo back > new`, project)).code, 0);
  assert.equal(readFileSync(join(project, "new"), "utf8"), "back\n");
  assert.equal((await run("ls", "-A", airlock)).stdout, "");
  for (const attempt of ['touch "$0"/x', 'rmdir "$0"', 'mv "$0" "$0"2']) {
    assert.notEqual((await run("sh", "-c", attempt, airlock)).code, 0, attempt);
  }
  writeFileSync(join(project, "file"), "changed\n");
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal((await run("cat", join(project, "file"))).stdout, "changed\n");
});

test("where virtiofsd ends at once, QEMU is started again to share the project over 9p", async (t) => {
  const broken = '#!/bin/sh\ncase "$1" in --help) echo "--shared-dir <DIR>";; *) exit 1;; esac\n';
  const virtiofsd = join(tempTree(t, { virtiofsd: broken }), "virtiofsd");
  chmodSync(virtiofsd, 0o755);
  setEnvironment(t, { AIRLOCK_VIRTIOFSD: virtiofsd });
  const { run, machine, project } = await bootTestMachine(t);
  assert.deepEqual(machine.shares, [{ tag: "project", type: "9p", coversEnforced: true }]);
  assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
});

test("without namespaces the cover is left to the guest, and the reason is told", async (t) => {
  setEnvironment(t, { PATH: "/nonexistent" });
  const { run, machine, project } = await bootTestMachine(t);
  const [share] = machine.shares;
  assert.equal(share?.type, "9p");
  assert.equal(share?.coversEnforced, false);
  assert.match(share?.reason ?? "", /no private mount namespace/);
  assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
  assert.equal((await run("ls", "-A", join(project, ".airlock"))).stdout, "");
});

for (const virtiofsd of [undefined, "none"]) {
  const kind = virtiofsd === undefined ? "virtio-fs" : "9p";
  test(`a read-only share over ${kind} is read-only for the guest's root`, async (t) => {
    if (virtiofsd !== undefined) setEnvironment(t, { AIRLOCK_VIRTIOFSD: virtiofsd });
    const project = projectDirectory(t);
    const shares = machineRequest(project).shares.map((share) => ({ ...share, readOnly: true }));
    const { run } = await bootTestMachine(t, project, { shares });
    assert.equal((await run("cat", join(project, "file"))).stdout, "from the host\n");
    const write = await run(
      "sh",
      "-c",
      `mount -o remount,rw ${project}; echo no > ${project}/file`,
    );
    assert.notEqual(write.code, 0);
    assert.equal(readFileSync(join(project, "file"), "utf8"), "from the host\n");
  });
}

function setEnvironment(t: TestContext, values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}
