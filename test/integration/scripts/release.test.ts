// Which boot assets may be released, and which kernel they get.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempTree } from "#test/support/tempTree.ts";
import { releaseObstacle } from "../../../scripts/assets/release.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("what a manifest says has to be true of the files before they are released", (t) => {
  const directory = tempTree(t, { vmlinux: "kernel", initramfs: "agent" });
  const obstacle = (change: object = {}) => {
    const sums = { kernelSha256: sha256("kernel"), initramfsSha256: sha256("agent") };
    const manifest = { kernel: "own", ...sums, inputsSha256: "now", ...change };
    writeFileSync(join(directory, "manifest.json"), JSON.stringify(manifest));
    return releaseObstacle(directory, { arch: "x64", inputsSha256: "now" });
  };
  assert.equal(obstacle(), undefined);
  assert.match(obstacle({ kernel: "debian" }) ?? "", /Debian's kernel .*npm run build:kernel/);
  assert.match(obstacle({ kernelSha256: sha256("other") }) ?? "", /its vmlinux is not the one/);
  assert.match(obstacle({ inputsSha256: "before" }) ?? "", /built from other sources/);
  writeFileSync(join(directory, "initramfs"), "another agent");
  assert.match(obstacle() ?? "", /its initramfs is not the one/);
});

test("our own kernel that was asked for is not replaced by Debian's in silence", (t) => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/assets/vm.ts"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, HOME: tempTree(t, {}), AIRLOCK_KERNEL: "own" },
  });
  assert.notEqual(status, 0);
  assert.match(stderr, /no kernel has been built from guest\/kernel\//);
});
