import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const nobody = "65534";
const isRoot = process.getuid?.() === 0;

const script = join(import.meta.dirname, "unprivileged.child.ts");
const drop = ["--reuid", nobody, "--regid", nobody, "--clear-groups", "--"];

/** A tree below root's home, say, cannot be read by the user that the test drops to. */
function whyNot(): string | false {
  if (!isRoot || spawnSync("setpriv", [...drop, "test", "-r", script]).status === 0) return false;
  return "other users cannot read this tree";
}

for (const virtiofsd of ["", "none"]) {
  const kind = virtiofsd === "" ? "virtiofs" : "9p";
  test(`an unprivileged user has a machine with an enforced cover over ${kind}`, {
    skip: whyNot(),
  }, async (t) => {
    const root = mkdtempSync(join(tmpdir(), "u-"));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    chmodSync(root, 0o777);
    const command = [process.execPath, script, root];
    const { stdout } = await promisify(execFile)(
      isRoot ? "setpriv" : process.execPath,
      isRoot ? [...drop, ...command] : command.slice(1),
      { env: { ...process.env, HOME: root, TMPDIR: root, AIRLOCK_VIRTIOFSD: virtiofsd } },
    );
    assert.deepEqual(JSON.parse(stdout), {
      shares: [{ tag: "project", type: kind, coversEnforced: true }],
      file: "from the host\n",
      covered: "",
      coverWritable: false,
      ownerInGuest: "0\n",
      ownerOnHost: isRoot ? Number(nobody) : process.getuid?.(),
      leftRunning: "",
    });
  });
}
