// The commands over stored images, and what a start asks about an image that has changed.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
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
    const config = { Cmd: ["/bin/sh"], Env: ["A=\u001b[31mred\nnext"], User: "u\u001b[2J" };
    image = await writeImage(layout, { layers: [tar([{ path: "a", content: "b" }])], config });
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

  it("shows nothing of an image's texts that a terminal would obey", async () => {
    const { stdout } = await world.run(["image", "inspect", name]);
    assert.match(stdout, /^Environment +A=.*red next$/m);
    assert.match(stdout, /^User +u/m);
    assert.ok(!stdout.includes("\u001b"));
  });

  it("deletes nothing when it is not known what is in use", async () => {
    const projects = join(world.home, ".cache/airlock/projects");
    mkdirSync(join(projects, "b.json"));
    const refused = await world.run(["image", "prune"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /not known which images are in use, because .*b\.json cannot/);
    rmSync(join(projects, "b.json"), { recursive: true });
    // A project that cannot be looked at is not one that is gone.
    const [first, second] = [join(world.home, "first"), join(world.home, "second")];
    symlinkSync(first, second);
    symlinkSync(second, first);
    const usedAt = new Date(0).toISOString();
    const entry = { format: 1, path: first, digest: image.digest, usedAt };
    writeFileSync(join(projects, "a.json"), JSON.stringify(entry));
    assert.deepEqual((await json("prune")).removed, []);
    use(image.digest);
  });

  it("prunes files that belong to no image, unless they are new or of a newer Airlock", async () => {
    const images = join(world.home, ".cache/airlock/images");
    const then = new Date(Date.now() - 3_600_000);
    const put = (name: string, content: string, time = then) => {
      writeFileSync(join(images, name), content);
      utimesSync(join(images, name), time, time);
    };
    const before = readdirSync(images).sort();
    put(`${"1".repeat(64)}.erofs`, "x".repeat(50_000));
    put(`${"2".repeat(64)}.json`, '{"formatVersion": 0}');
    put(`${"2".repeat(64)}.erofs`, "x");
    put(`${"3".repeat(64)}.erofs`, "x", new Date());
    put(`${"4".repeat(64)}.json`, '{"formatVersion": 1000}');
    put(`${"4".repeat(64)}.erofs`, "x");
    const dry = await json("prune", "--dry-run");
    const { removed, freedBytes } = await json("prune");
    assert.deepEqual(removed, []);
    assert.ok(freedBytes >= 50_000);
    assert.equal(dry.freedBytes, freedBytes);
    const kept = [`${"3".repeat(64)}.erofs`, `${"4".repeat(64)}.erofs`, `${"4".repeat(64)}.json`];
    assert.deepEqual(readdirSync(images).sort(), [...before, ...kept].sort());
    for (const name of kept) rmSync(join(images, name));
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
