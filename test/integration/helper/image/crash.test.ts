import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { imageWorld } from "#test/support/imageWorld.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import { tar } from "#test/support/tar.ts";

const layer = tar([{ path: "hello", content: "world" }]);
const bigLayer = tar([{ path: "big", content: Buffer.alloc(3 << 20, "0123456789abcdef!") }]);

describe("the store", () => {
  const world = imageWorld("crash");

  it("works after a crash at any moment", async () => {
    await writeLayout(world.layout, { app: { layers: [bigLayer, layer], compression: "none" } });
    const expected = readFileSync((await world.prepare()).path);
    // The child says that it begins, so that what comes before does not count.
    const script = `
      import { prepareImage } from "#helper/image/prepare.ts";
      const request = { name: "oci:layout", resolution: "auto", insecure: false, projectDir: process.argv[1] };
      await import("#helper/image/sources/layout.ts");
      setTimeout(() => process.kill(process.pid, "SIGKILL"), Number(process.argv[2]));
      await prepareImage(request);
      process.stdout.write("done");
      process.kill(process.pid, "SIGKILL");`;
    let crashes = 0;
    for (let atMs = 0; atMs < 120; atMs += 8) {
      rmSync(world.home, { recursive: true, force: true });
      const run = await killedNode(script, [world.scratch, String(atMs)]);
      if (!run.includes("done")) crashes += 1;
      const { path } = await world.prepare();
      assert.deepEqual(readFileSync(path), expected);
      assert.deepEqual(
        world.cached("images").sort(),
        [basename(path), `${basename(path, ".erofs")}.json`].sort(),
      );
    }
    assert.ok(crashes > 2, `only ${crashes} crashes`);
  });
});

/** What a script printed before it was killed. */
function killedNode(script: string, args: readonly string[]): Promise<string> {
  const cwd = join(import.meta.dirname, "../../../..");
  const flags = ["--input-type=module-typescript", "-e", script, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { cwd, timeout: 60_000 }, (_, stdout) => resolve(stdout));
  });
}
