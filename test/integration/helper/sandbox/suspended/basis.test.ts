import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { noteProjectImage, notePulledImage } from "#helper/image/projects.ts";
import { changedParts, preparedBasis, startBasis } from "#helper/sandbox/suspended/basis.ts";
import { loadToml } from "#test/support/configs.ts";
import { tempTree } from "#test/support/tempTree.ts";

/** The basis of a project as it is now, with one image. */
function world(t: TestContext, image: string) {
  const base = tempTree(t, { "home/x": "", "p/layout/index.json": "{}", "p/layout/blobs/a": "" });
  const before = process.env.HOME;
  process.env.HOME = join(base, "home");
  t.after(() => {
    process.env.HOME = before;
  });
  const projectDir = join(base, "p");
  const config = loadToml(`[vm]\nimage = "${image}"\n`);
  const basis = () =>
    startBasis({
      ...{ config, approval: "", projectDir, guestPath: projectDir },
      ...{ qemu: { path: "/q", version: "9" }, accelerator: "tcg" as const },
      ...{ kernelPath: "/k", initramfsPath: "/i" },
    });
  return { projectDir, basis };
}

test("another index of an OCI layout is another image, although its directory stays as it is", async (t) => {
  const { projectDir, basis } = world(t, "oci:layout");
  const before = await basis();
  assert.deepEqual(await basis(), before);
  writeFileSync(join(projectDir, "layout/index.json"), '{"manifests": []}');
  assert.deepEqual(changedParts(before, await basis()).others, ["the image's file"]);
});

test("an image that was pulled meanwhile is a change, until a start has dealt with it", async (t) => {
  const { projectDir, basis } = world(t, "debian:12");
  const digest = `sha256:${"a".repeat(64)}`;
  const before = preparedBasis(await basis());
  await notePulledImage(projectDir, { name: "debian:12", digest });
  const pulled = await basis();
  assert.deepEqual(changedParts(before, pulled), { fatal: [], others: ["the pulled image"] });
  await noteProjectImage(projectDir, digest);
  assert.deepEqual(changedParts(preparedBasis(pulled), await basis()), { fatal: [], others: [] });
});
