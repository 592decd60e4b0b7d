import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { ownerTag } from "#helper/files/owner.ts";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import { base, savedLayers as layers } from "#test/support/recordedSaves.ts";
import { savedLayouts, saveImage } from "#test/support/savedArchive.ts";
import { type TarInput, tar, tarEntry } from "#test/support/tar.ts";

const skopeoMissing = spawnSync("skopeo", ["--version"]).status !== 0;

describe("images in archives", () => {
  const { scratch, home, prepare, cached } = imageWorld("archive");
  const file = join(scratch, "image.tar");
  const store = join(home, ".cache/airlock");
  const spooled = () => cached("imports");
  const refuses = async (name: string, code: string | RegExp, message: RegExp) => {
    await assert.rejects(prepare(name), { name: "ImageError", code, message });
    assert.deepEqual(spooled(), [], "nothing is left on disk");
  };

  for (const layout of savedLayouts) {
    it(`reads what docker save writes in the layout "${layout}"`, async () => {
      const { archive, configDigest, manifestDigest } = saveImage(layout, { layers });
      writeFileSync(file, archive);
      const image = await prepare("docker-archive:image.tar");
      assert.equal(image.digest, manifestDigest ?? configDigest);
      assert.equal(image.source, "archive");
      assert.deepEqual(filesOf(image.path), { hello: "world", "etc/motd": "hi\n" });
      assert.deepEqual(image.config.cmd, ["/bin/sh"]);
      assert.equal((await prepare("docker-archive:image.tar")).path, image.path);
      assert.deepEqual(spooled(), []);
    });

    it(`notices a damaged layer in the layout "${layout}"`, async () => {
      const { entries } = saveImage(layout, { layers: [base] });
      const broken = entries.map((entry) => {
        const content = Buffer.from(entry.content ?? "");
        if (content.length < 100 || content[0] === 0x7b || content[0] === 0x5b) return entry;
        content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 0xff;
        return { ...entry, content };
      });
      writeFileSync(file, tar(broken));
      await refuses("docker-archive:image.tar", /^(digest|layer)$/, /image\.tar/);
    });
  }

  it("reads a compressed archive through a spool, which it removes", async () => {
    writeFileSync(file, gzipSync(saveImage("classic", { layers }).archive));
    const image = await prepare("docker-archive:image.tar");
    assert.deepEqual(filesOf(image.path), { hello: "world", "etc/motd": "hi\n" });
    writeFileSync(file, gzipSync(saveImage("classic", { layers }).archive).subarray(0, -100));
    await refuses("docker-archive:image.tar", "layer", /image\.tar.*(damaged|cut short)/);
    assert.deepEqual(spooled(), []);
  });

  it("reads an archive again only when the file is another one", async () => {
    writeFileSync(file, gzipSync(saveImage("classic", { layers }).archive));
    const image = await prepare("docker-archive:image.tar");
    const steps: string[] = [];
    const onProgress = ({ text }: { text: string }) => steps.push(text);
    assert.equal((await prepare("docker-archive:image.tar", { onProgress })).path, image.path);
    assert.deepEqual(steps, []);
    writeFileSync(file, gzipSync(saveImage("classic", { layers: [base] }).archive));
    const other = await prepare("docker-archive:image.tar", { onProgress });
    assert.deepEqual(filesOf(other.path), { hello: "world", gone: "old" });
    assert.ok(steps.length > 0);
    steps.length = 0;
    await prepare("docker-archive:image.tar", { onProgress, refresh: true });
    assert.ok(steps.length > 0, "who pulls has it read");
  });

  it("removes what an import whose process was killed left behind, and nothing of others", async () => {
    const tag = ownerTag();
    const abandoned = join(store, "imports", tag.replace(`-${process.pid}-`, "-999999999-"));
    const busy = join(store, "imports", tag);
    for (const directory of [abandoned, busy]) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "0"), "part");
    }
    writeFileSync(file, gzipSync(saveImage("classic", { layers }).archive));
    await prepare("docker-archive:image.tar");
    assert.deepEqual(spooled(), [tag]);
  });

  it("reads an OCI layout in an archive, by tag, by digest, and alone", async () => {
    const { manifestDigest, archive } = saveImage("containerd-gzip", { layers });
    writeFileSync(file, archive);
    for (const suffix of ["", ":latest", `@${manifestDigest}`]) {
      const image = await prepare(`oci-archive:image.tar${suffix}`);
      assert.equal(image.digest, manifestDigest);
      assert.deepEqual(filesOf(image.path), { hello: "world", "etc/motd": "hi\n" });
    }
    await refuses("oci-archive:image.tar:other", "not-found", /no image with the tag other/);
  });

  it("finds an image by any of its names, and says which there are", async () => {
    const { archive } = saveImage("podman", { layers, tags: ["docker.io/library/app:1"] });
    writeFileSync(file, archive);
    for (const name of ["app:1", "docker.io/library/app:1", "library/app:1", "@0"]) {
      await prepare(`docker-archive:image.tar:${name}`);
    }
    await refuses("docker-archive:image.tar:app", "not-found", /no image app; it has docker.io/);
    await refuses("docker-archive:image.tar:@1", "not-found", /no image number 1/);
  });

  it("says what it found instead of an archive of images", async () => {
    await refuses("docker-archive:none.tar", "not-found", /none\.tar: there is no such file/);
    await refuses("docker-archive:.", "not-found", /it is not a file/);
    writeFileSync(file, saveImage("podman", { layers }).archive);
    await refuses("oci-archive:image.tar", "not-found", /no index\.json/);
    writeFileSync(file, tar([{ path: "index.json", content: '{"manifests":[]}' }]));
    await refuses("docker-archive:image.tar", "not-found", /no manifest\.json/);
    await refuses("oci-archive:image.tar", "not-found", /layout is empty/);
    writeFileSync(file, "this is no archive at all".repeat(100));
    await refuses("docker-archive:image.tar", "layer", /image\.tar/);
    writeFileSync(file, "");
    await refuses("docker-archive:image.tar", "not-found", /no manifest\.json/);
    const { archive } = saveImage("classic", { layers });
    writeFileSync(file, archive.subarray(0, archive.length - 3000));
    await refuses("docker-archive:image.tar", /^(layer|not-found)$/, /image\.tar/);
  });

  it("refuses archives whose parts do not belong together", async () => {
    const { entries } = saveImage("classic", { layers: [base] });
    const replaced = (path: RegExp, content: string) =>
      tar(entries.map((entry) => (path.test(String(entry.path)) ? { ...entry, content } : entry)));
    const saved = (value: unknown) => replaced(/manifest\.json/, JSON.stringify(value));
    const config = entries.find(({ path }) => String(path).endsWith(".json"))?.path;
    writeFileSync(file, saved([{ Config: "no.json", Layers: ["a"] }]));
    await refuses("docker-archive:image.tar", "not-found", /config no\.json is missing/);
    writeFileSync(file, saved([{ Config: config, Layers: [] }]));
    await refuses("docker-archive:image.tar", "manifest", /0 layers for the 1/);
    writeFileSync(file, saved([{ Config: config, Layers: ["a"] }]));
    await refuses("docker-archive:image.tar", "not-found", /layer a is missing/);
    writeFileSync(file, saved([{ Config: config, Layers: ["../../etc/passwd"] }]));
    await refuses("docker-archive:image.tar", "not-found", /leads out of it/);
    writeFileSync(file, saved({}));
    await refuses("docker-archive:image.tar", "not-found", /manifest\.json is not valid/);
    writeFileSync(file, replaced(/manifest\.json/, "no JSON"));
    await refuses("docker-archive:image.tar", "manifest", /manifest\.json is not JSON/);
    writeFileSync(file, saved([]));
    await refuses("docker-archive:image.tar", "not-found", /holds no image/);
    const circle = { path: "a", type: "2", link: "b" };
    const back = { path: "b", type: "2", link: "a" };
    const manifest = JSON.stringify([{ Config: "a", Layers: ["b"] }]);
    writeFileSync(file, tar([circle, back, { path: "manifest.json", content: manifest }]));
    await refuses("docker-archive:image.tar", "not-found", /lead in a circle/);
  });

  it("refuses names that are longer than any path, in archives of every kind", async () => {
    const long = "n".repeat(5000);
    const hostile: TarInput[] = [
      { path: long, content: "x" },
      { path: "link", type: "2", link: long },
      { path: "link", type: "1", link: long },
    ];
    for (const entry of hostile) {
      for (const archive of [tar([entry]), gzipSync(tar([entry]))]) {
        writeFileSync(file, archive);
        for (const transport of ["docker-archive", "oci-archive"]) {
          await refuses(`${transport}:image.tar`, "not-found", /names of more than 4096 bytes/);
        }
      }
    }
  });

  it("refuses names that are too long all together", async () => {
    const entries = Array.from({ length: 4300 }, (_, index) =>
      tarEntry({ path: `${index}`.padEnd(4000, "n"), type: "2", link: "x".repeat(4000) }),
    );
    writeFileSync(file, gzipSync(Buffer.concat(entries), { level: 1 }));
    await refuses("docker-archive:image.tar", "not-found", /names are too long, all together/);
  });

  it("keeps nothing of what stands beside the files of an archive", async () => {
    const value = Buffer.alloc(60_000, "x");
    const pax = ["a", "b", "c", "d"].map((name) => [`SCHILY.xattr.user.${name}`, value] as const);
    const bloated = Array.from({ length: 800 }, (_, index) =>
      gzipSync(tarEntry({ path: `blob-${index}`, content: "x", pax }), { level: 1 }),
    );
    const { entries } = saveImage("classic", { layers });
    writeFileSync(file, Buffer.concat([...bloated, gzipSync(tar(entries))]));
    const before = process.memoryUsage().rss;
    const image = await prepare("docker-archive:image.tar");
    const grownMb = (process.memoryUsage().rss - before) / 1e6;
    assert.deepEqual(filesOf(image.path), { hello: "world", "etc/motd": "hi\n" });
    assert.ok(grownMb < 120, `memory grew by ${grownMb.toFixed(0)} MB`);
  });

  it("reads what skopeo writes", {
    skip: skopeoMissing && "skopeo is missing",
  }, async () => {
    const layout = join(scratch, "layout");
    const { app } = await writeLayout(layout, { app: { layers } });
    const copy = (to: string) =>
      execFileSync("skopeo", ["--insecure-policy", "copy", `oci:${layout}:app`, to], {
        stdio: "pipe",
      });
    copy(`docker-archive:${scratch}/d.tar:app:1`);
    copy(`oci-archive:${scratch}/o.tar:app`);
    const fromDocker = await prepare("docker-archive:d.tar:app:1");
    assert.deepEqual(filesOf(fromDocker.path), { hello: "world", "etc/motd": "hi\n" });
    const fromOci = await prepare("oci-archive:o.tar:app");
    assert.equal(fromOci.digest, app?.digest);
    assert.deepEqual(filesOf(fromOci.path), { hello: "world", "etc/motd": "hi\n" });
  });
});
