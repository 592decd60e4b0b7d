import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { PrepareOptions } from "#helper/image/prepare.ts";
import { findImage, listImages } from "#helper/image/store.ts";
import { ticksOfStat } from "#helper/sandbox/processes.ts";
import { checkImage } from "#test/support/erofsTools.ts";
import { imageWorld } from "#test/support/imageWorld.ts";
import {
  type LayoutDescriptor,
  putBlob,
  putJson,
  writeImage,
  writeIndex,
  writeLayout,
  writeNestedIndex,
} from "#test/support/ociLayout.ts";
import { tar } from "#test/support/tar.ts";

const other = process.arch === "arm64" ? "amd64" : "arm64";
const host = process.arch === "arm64" ? "arm64" : "amd64";
const layer = tar([{ path: "hello", content: "world" }]);
const bigLayer = tar([{ path: "big", content: Buffer.alloc(3 << 20, "0123456789abcdef!") }]);

describe("preparing an image", () => {
  const world = imageWorld("prepare");
  const { scratch, layout, prepare } = world;
  const store = join(world.home, ".cache/airlock/images");
  const refuses = async (
    code: string,
    message: RegExp,
    name?: string,
    options?: PrepareOptions,
  ) => {
    await assert.rejects(prepare(name, options), { name: "ImageError", code, message });
    assert.deepEqual(leftovers(), [], "nothing is left in the store");
  };
  const leftovers = () => world.cached("images");
  const blobPath = (descriptor: { digest: string }) =>
    join(layout, "blobs/sha256", descriptor.digest.slice("sha256:".length));
  const manifestOf = (descriptor: LayoutDescriptor) =>
    JSON.parse(readFileSync(blobPath(descriptor), "utf8")) as {
      config: LayoutDescriptor;
      layers: [LayoutDescriptor];
    };

  it("stores it once and then needs nothing but index and manifest", async () => {
    const config = { User: "node", Env: ["A=1"], Cmd: ["x"], WorkingDir: "/w", Labels: { l: "1" } };
    const { app } = await writeLayout(layout, { app: { layers: [layer], config } });
    assert.ok(app);
    const image = await prepare("oci:layout:app");
    assert.equal(image.digest, app.digest);
    assert.equal(image.source, "oci");
    assert.deepEqual([image.config.user, image.config.workingDir], ["node", "/w"]);
    assert.match(checkImage(image.path), /hello file/);
    const manifest = manifestOf(app);
    for (const blob of [manifest.config, manifest.layers[0]]) rmSync(blobPath(blob));
    const startedAt = performance.now();
    assert.deepEqual(await prepare("oci:layout:app"), image);
    assert.ok(performance.now() - startedAt < 200, "a stored image is found at once");
    assert.deepEqual(await findImage(image.digest), image);
    assert.equal(await findImage(`sha256:${"0".repeat(64)}`), undefined);
  });

  it("lists what is stored under the name used last", async () => {
    assert.deepEqual(await listImages(), []);
    await writeLayout(layout, { app: { layers: [layer] } });
    await prepare("oci:layout:app");
    await prepare("oci:./layout");
    const [image, ...others] = await listImages();
    assert.equal(others.length, 0);
    assert.equal(image?.name, "oci:./layout");
    assert.ok(Date.now() - (image?.lastUsedAt.getTime() ?? 0) < 60_000);
  });

  it("reports progress in bytes of all layers", async () => {
    await writeLayout(layout, { app: { layers: [layer, bigLayer], compression: "none" } });
    const seen: (number | null)[] = [];
    await prepare("oci:layout", { onProgress: ({ doneBytes }) => seen.push(doneBytes) });
    assert.equal(seen[0], null);
    assert.equal(seen.at(-1), layer.length + bigLayer.length);
    assert.deepEqual(
      seen.slice(1),
      seen.slice(1).sort((a, b) => Number(a) - Number(b)),
    );
  });

  it("chooses the platform through nested indexes and skips attestations", async () => {
    const right = await writeImage(layout, { layers: [layer] });
    const wrong = await writeImage(layout, { layers: [bigLayer], architecture: other });
    const attestation = { ...wrong, platform: { os: "unknown", architecture: "unknown" } };
    const inner = await writeNestedIndex(layout, [attestation, wrong, right]);
    await writeIndex(layout, { multi: await writeNestedIndex(layout, [inner]) });
    assert.equal((await prepare()).digest, right.digest);
  });

  it("refuses indexes nested without end, and images for other machines", async () => {
    let nested = await writeImage(layout, { layers: [layer] });
    for (let depth = 0; depth < 6; depth += 1) nested = await writeNestedIndex(layout, [nested]);
    const wrong = await writeImage(layout, { layers: [layer], architecture: other });
    const index = await writeNestedIndex(layout, [wrong]);
    await writeIndex(layout, { deep: nested, wrong, index });
    await refuses("manifest", /nested more than 4 deep/, "oci:layout:deep");
    await refuses(
      "platform",
      new RegExp(`no variant for linux/${host}; it has linux/${other}`),
      "oci:layout:wrong",
    );
    await refuses("platform", new RegExp(`no variant for linux/${host}`), "oci:layout:index");
  });

  it("finds tags, digests and the only image, and says what there is", async () => {
    const { a } = await writeLayout(layout, { a: { layers: [layer] }, b: { layers: [bigLayer] } });
    assert.equal((await prepare("oci:layout:a")).digest, a?.digest);
    assert.equal((await prepare(`oci:layout@${a?.digest}`)).digest, a?.digest);
    rmSync(store, { recursive: true });
    await refuses("not-found", /has several images: a, b/);
    await refuses("not-found", /no image with the tag c; it has a, b/, "oci:layout:c");
    await refuses("not-found", /has no image sha256:0/, `oci:layout@sha256:${"0".repeat(64)}`);
    await refuses("not-found", /no OCI image layout/, "oci:missing");
  });

  it("reads layers compressed with zstd, and says which are damaged", async () => {
    const whole = zstdCompressSync(layer);
    await writeLayout(layout, { z: { layers: [whole], compression: "none" } });
    await prepare();
    rmSync(store, { recursive: true });
    const { z } = await writeLayout(layout, {
      z: { layers: [whole.subarray(0, -5)], compression: "none" },
    });
    assert.ok(z);
    await refuses("layer", /layer 1 of 1 .*compressed data is damaged/);
    await refuses("reference", /not an image reference/, "Not An Image");
  });

  it("notices blobs that are damaged, cut, too long, missing or no files", async () => {
    const { app } = await writeLayout(layout, { app: { layers: [layer] } });
    assert.ok(app);
    const [blob] = manifestOf(app).layers;
    const good = readFileSync(blobPath(blob));
    const bad = Buffer.from(good);
    bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 0xff;
    const damages: [Buffer, RegExp][] = [
      [bad, /layer 1 of 1 \(sha256:.*is damaged/],
      [good.subarray(0, 50), /has 50 bytes instead of/],
      [Buffer.concat([good, good]), /is longer than/],
      [gzipSync(bigLayer), /is longer than/],
    ];
    for (const [content, message] of damages) {
      writeFileSync(blobPath(blob), content);
      await refuses("digest", message);
    }
    rmSync(blobPath(blob));
    await refuses("not-found", /the blob sha256:.* is missing/);
    execFileSync("mkfifo", [blobPath(blob)]);
    await refuses("digest", /is not a file/);
    writeFileSync(blobPath(app), "{}");
    await refuses("digest", /instead of/);
  });

  it("names the layer and the entry of what it cannot read", async () => {
    const escaping = tar([{ path: "../../etc/passwd", content: "x" }]);
    await writeLayout(layout, { escape: { layers: [layer, escaping] } });
    await refuses(
      "layer",
      /^oci:layout: layer 2 of 2 \(sha256:\w+\): the path .* leads out of the image/,
    );
    const cut = await putBlob(layout, "gzip", gzipSync(bigLayer).subarray(0, 2000));
    const text = await putBlob(layout, "plain", Buffer.alloc(5000, "no tar "));
    const config = await putJson(layout, "config", { os: "linux", architecture: host });
    const image = (of: LayoutDescriptor) =>
      putJson(layout, "application/vnd.oci.image.manifest.v1+json", {
        schemaVersion: 2,
        config,
        layers: [of],
      });
    await writeIndex(layout, { cut: await image(cut), text: await image(text) });
    await refuses("layer", /compressed data is damaged/, "oci:layout:cut");
    await refuses("layer", /damaged|checksum/, "oci:layout:text");
  });

  it("stops at the limit, whether bytes or holes go beyond it", async () => {
    const zeros = tar([{ path: "bomb", content: Buffer.alloc(30 << 20) }]);
    const hole = tar([
      {
        path: "hole",
        pax: [
          ["GNU.sparse.size", "1000000000000"],
          ["GNU.sparse.map", "0,0"],
        ],
      },
    ]);
    await writeLayout(layout, { zeros: { layers: [zeros] }, hole: { layers: [hole] } });
    await refuses("too-large", /unpacks to more than/, "oci:layout:zeros", { maxBytes: 5e6 });
    await refuses("too-large", /unpacks to more than 20 GiB/, "oci:layout:hole");
  });

  it("leaves nothing behind when it is cancelled, wherever that happens", async () => {
    await writeLayout(layout, { app: { layers: [bigLayer, layer], compression: "none" } });
    await refuses("cancelled", /cancelled/, "oci:layout", { signal: AbortSignal.abort() });
    for (const atStep of [0, 1, 2, 3]) {
      const controller = new AbortController();
      let step = 0;
      const onProgress = () => {
        if (step === atStep) controller.abort();
        step += 1;
      };
      const options = { signal: controller.signal, onProgress };
      await refuses("cancelled", /preparing oci:layout was cancelled/, "oci:layout", options);
    }
    await prepare();
  });

  it("makes an image again when its file or record is damaged or of another version", async () => {
    await writeLayout(layout, { app: { layers: [layer] } });
    const { path } = await prepare();
    const good = readFileSync(path);
    const record = path.replace(/erofs$/, "json");
    truncateSync(path, 4096);
    assert.deepEqual(readFileSync((await prepare()).path), good);
    writeFileSync(
      record,
      readFileSync(record, "utf8").replace('"formatVersion": 1', '"formatVersion": 0'),
    );
    assert.deepEqual(await listImages(), []);
    await prepare();
    writeFileSync(record, "not json");
    await prepare();
    assert.equal((await listImages()).length, 1);
    rmSync(path);
    assert.deepEqual(await listImages(), []);
    assert.deepEqual(readFileSync((await prepare()).path), good);
  });

  it("lets several processes prepare the same image at once", async () => {
    await writeLayout(layout, { app: { layers: [bigLayer, layer] } });
    const script = `
      import { prepareImage } from "#helper/image/prepare.ts";
      const name = "oci:layout";
      const request = { name, resolution: "auto", insecure: false, projectDir: process.argv[1] };
      const images = await Promise.all([prepareImage(request), prepareImage(request)]);
      process.stdout.write(images.map(({ path }) => path).join("\\n") + "\\n");`;
    const runs = [0, 1, 2].map(() => runNode(script, [scratch]));
    const paths = new Set((await Promise.all(runs)).join("").trim().split("\n"));
    assert.equal(paths.size, 1);
    assert.equal(leftovers().length, 2);
    checkImage([...paths][0] ?? "");
  });

  it("removes what a killed process left, and nothing of a living one", async () => {
    await writeLayout(layout, { app: { layers: [layer] } });
    await writeLayout(join(scratch, "endless"), {
      app: { layers: [bigLayer], compression: "none" },
    });
    const script = `
      import { prepareImage } from "#helper/image/prepare.ts";
      const request = { name: "oci:endless", resolution: "auto", insecure: false, projectDir: process.argv[1] };
      await prepareImage(request, { onProgress: ({ doneBytes }) => {
        if (doneBytes) process.kill(process.pid, "SIGKILL");
      } });`;
    await assert.rejects(runNode(script, [scratch]));
    const [abandoned] = leftovers();
    assert.match(abandoned ?? "", /^staging-/);
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    const runner = `-${process.ppid}-${ticksOfStat(stat)}-`;
    const alive = (abandoned ?? "").replace(/-\d+-\d+-/, runner);
    writeFileSync(join(store, alive), "the work of a process that still runs");
    await prepare();
    assert.deepEqual(
      leftovers().filter((name) => name.startsWith("staging-")),
      [alive],
    );
  });

  it("keeps no file open, whatever went wrong", { skip: openFilesSkipReason() }, async () => {
    const { app } = await writeLayout(layout, { app: { layers: [layer, bigLayer] } });
    assert.ok(app);
    await prepare();
    rmSync(store, { recursive: true });
    const openBefore = openFiles();
    const [blob] = manifestOf(app).layers;
    await refuses("too-large", /unpacks to more/, "oci:layout", { maxBytes: 1000 });
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    await refuses("cancelled", /cancelled/, "oci:layout", options);
    writeFileSync(blobPath(blob), "28b52ffd00000000", "hex");
    await refuses("digest", /./);
    assert.deepEqual(openFiles(), openBefore);
  });
});

function runNode(script: string, args: readonly string[]): Promise<string> {
  const root = join(import.meta.dirname, "../../../..");
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--input-type=module-typescript", "-e", script, ...args],
      { cwd: root, timeout: 60_000 },
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    );
  });
}

/** Regular files that this process has open. */
function openFiles(): string[] {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd));
    } catch {
      // The directory that was just read.
      return "";
    }
  });
  return targets.filter((target) => target.startsWith("/") && !target.startsWith("/dev/")).sort();
}

function openFilesSkipReason(): string | false {
  return existsSync("/proc/self/fd") ? false : "there is no /proc to see open files in";
}
