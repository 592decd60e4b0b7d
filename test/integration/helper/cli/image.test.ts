// The commands over stored images, and what a start asks about an image that has changed.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { imagePrune } from "#shared/protocol/imagePrune.ts";
import { type CliWorld, cliWorld } from "#test/support/cli.ts";
import { type FakeRegistry, startFakeRegistry } from "#test/support/fakeRegistry.ts";
import { type LayoutDescriptor, writeImage } from "#test/support/ociLayout.ts";
import { tar } from "#test/support/tar.ts";

describe("airlock image", { timeout: 120_000 }, () => {
  let world: CliWorld;
  let image: LayoutDescriptor;
  let fake: FakeRegistry;
  let name: string;
  before(async () => {
    world = cliWorld({});
    const layout = join(world.project, "layout");
    image = await writeImage(layout, { layers: [tar([{ path: "a", content: "b" }])] });
    fake = await startFakeRegistry(layout, image.digest);
    name = `${fake.host}/team/app:1`;
    const text = `[vm.image]\nname = "${name}"\nresolution = "registry"\ninsecure = true\n`;
    world.write("airlock.toml", text);
  });
  after(async () => {
    fake.stop();
    await world.dispose();
  });

  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await world.run(["image", ...args, "--json"]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  /** Records what a start would. */
  const use = (digest: string) => {
    const projects = join(world.home, ".cache/airlock/projects");
    mkdirSync(projects, { recursive: true });
    mkdirSync(join(world.project, ".airlock/sandbox"), { recursive: true });
    const usedAt = new Date().toISOString();
    const entry = { format: 1, path: world.project, digest, usedAt };
    writeFileSync(join(projects, "a.json"), JSON.stringify(entry));
  };
  const makeOld = (digest: string) => {
    const record = `.cache/airlock/images/${digest.slice("sha256:".length)}.json`;
    const then = new Date(Date.now() - 3_600_000);
    utimesSync(join(world.home, record), then, then);
  };

  it("pulls the project's image or any other, and checks its tag", async () => {
    const pulled = await json("pull");
    assert.deepEqual([pulled.name, pulled.digest, pulled.source], [name, image.digest, "registry"]);
    const again = await json("pull", name, "--insecure");
    assert.equal(again.digest, image.digest);
    assert.deepEqual(await json("pull", "--check"), { name, state: "current" });
    const missing = await world.run([
      "image",
      "pull",
      `${fake.host}/no/such@sha256:${"0".repeat(64)}`,
    ]);
    assert.equal(missing.code, 1);
  });

  it("lists and shows images with their users, and deletes none that is used", async () => {
    use(image.digest);
    makeOld(image.digest);
    const [listed] = await json("ls");
    assert.deepEqual(
      [listed.digest, listed.usedBy, listed.tags],
      [image.digest, [world.project], [name]],
    );
    assert.equal((await json("inspect", image.digest.slice(7, 19))).config.cmd[0], "/bin/sh");
    assert.match(
      (await world.run(["image", "inspect", name])).stdout,
      new RegExp(`Used by\\s+${world.project}`),
    );
    assert.deepEqual((await json("prune")).removed, []);
    const refused = await world.run(["image", "rm", name]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`is used by ${world.project}`));
    assert.equal((await json("ls")).length, 1);
  });

  it("prunes what the sandbox that used it left behind", async () => {
    assert.equal((await world.run(["rm", "-f"])).code, 0);
    rmSync(join(world.home, ".cache/airlock/projects/a.json"));
    const dry = await json("prune", "--dry-run");
    assert.equal(dry.removed.length, 1);
    const { removed, freedBytes } = imagePrune.parse(await json("prune"));
    assert.equal(removed[0]?.digest, image.digest);
    assert.ok(freedBytes > 0);
    assert.deepEqual(await json("ls"), []);
    assert.equal((await world.run(["image", "rm", name])).code, 1);
  });
});
