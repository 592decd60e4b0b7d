import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const nobody = "65534";
const script = join(import.meta.dirname, "unprivileged.child.ts");
const drop = ["--reuid", nobody, "--regid", nobody, "--clear-groups", "--"];

/** A tree below root's home, say, cannot be read by the user that the test drops to. */
function whyNot(): string | false {
  if (process.getuid?.() !== 0) return "the other tests are unprivileged already";
  if (spawnSync("setpriv", [...drop, "test", "-r", script]).status === 0) return false;
  return "other users cannot read this tree";
}

test("an ordinary user has snapshots, too", { skip: whyNot() }, async (t) => {
  const root = mkdtempSync(join(tmpdir(), "u-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  chmodSync(root, 0o777);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  await promisify(execFile)("setpriv", [...drop, process.execPath, "--test", script], {
    env: { ...env, HOME: root, TMPDIR: root },
  });
});
