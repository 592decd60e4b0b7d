// A daemon in the forms that the one of the tests does not have: Docker Desktop's socket, an image that
// is only found in the list, ids of several kinds, and a socket that may not be used.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { ImageProgress } from "#helper/image/progress.ts";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { sha256 } from "#test/support/ociLayout.ts";
import { type SavedLayout, saveImage } from "#test/support/savedArchive.ts";
import { type TarInput, tar } from "#test/support/tar.ts";

const large = tar([{ path: "large", content: Buffer.alloc(4 << 20, "large ") }]);
const layers = [tar([{ path: "hello", content: "world" }])];
const variables = ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"];

type Daemon = {
  readonly id: string;
  readonly archive: Buffer;
  /** Whether it knows the image by its name, and not only in its list. */
  readonly inspectsNames: boolean;
};

describe("a daemon of another kind", () => {
  // Paths of sockets are limited to 107 bytes.
  const { prepare, home } = imageWorld("api");
  const saved = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
  const servers: Server[] = [];
  before(() => {
    for (const name of variables) delete process.env[name];
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  after(() => Object.assign(process.env, definedOnly(saved)));

  const daemon = async ({ id, archive, inspectsNames }: Daemon) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const url = decodeURIComponent(request.url ?? "");
      asked.push(url);
      const json = (value: unknown) => response.end(JSON.stringify(value));
      if (url.endsWith("/get")) return sendSlowly(archive, response);
      if (url.startsWith("/images/json")) return json([{ Id: id }]);
      const isKnown = url.includes(id) || (inspectsNames && url.includes("app:1"));
      if (isKnown && url.endsWith("/json"))
        return json({ Id: id, Os: "linux", Size: archive.length });
      return response.writeHead(404).end(JSON.stringify({ message: "No such image" }));
    });
    const path = join(home, ".docker/desktop/docker.sock");
    mkdirSync(dirname(path), { recursive: true });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    servers.push(server);
    return asked;
  };

  it("is found at Docker Desktop's socket, with an image that is only listed", async () => {
    const { archive, configDigest } = saveImage("oci", { layers });
    const asked = await daemon({ id: configDigest, archive, inspectsNames: false });
    const image = await prepare("app:1", {}, { resolution: "docker" });
    assert.deepEqual([image.digest, image.source], [configDigest, "docker"]);
    assert.deepEqual(filesOf(image.path), { hello: "world" });
    assert.ok(asked.some((url) => url.startsWith("/images/json")));
  });

  it("is told how fast its export comes, and how long it still takes", async () => {
    const { archive, configDigest: id } = saveImage("oci", { layers: [...layers, large] });
    await daemon({ id, archive, inspectsNames: true });
    const steps: ImageProgress[] = [];
    const onProgress = (step: ImageProgress) => steps.push(step);
    await prepare("app:1", { onProgress }, { resolution: "docker" });
    const exported = steps.filter(({ text }) => text.startsWith("exporting"));
    assert.ok(exported.some(({ bytesPerSecond }) => (bytesPerSecond ?? 0) > 0));
    assert.ok(exported.some(({ secondsLeft }) => secondsLeft != null));
  });

  for (const layout of ["containerd-gzip", "containerd-zstd"] as const) {
    it(`may know an image by its manifest or its index (${layout})`, async () => {
      const { archive, manifestDigest = "" } = saveImage(layout, { layers });
      await daemon({ id: manifestDigest, archive, inspectsNames: true });
      assert.equal((await prepare("app:1", {}, { resolution: "docker" })).digest, manifestDigest);
      for (const server of servers.splice(0)) await promisify(server.close.bind(server))();
      const indexed = underIndex(layout);
      await daemon({ ...indexed, inspectsNames: true });
      const image = await prepare("app:1", {}, { resolution: "docker" });
      assert.equal(image.digest, indexed.id);
      assert.deepEqual(filesOf(image.path), { hello: "world" });
    });
  }

  it("is not believed when its export is another image", async () => {
    const { archive } = saveImage("oci", { layers });
    await daemon({ id: sha256(Buffer.from("x")), archive, inspectsNames: true });
    await assert.rejects(prepare("app:1", {}, { resolution: "docker" }), {
      code: "daemon",
      message: /what the Docker daemon at .* exports is not sha256:/,
    });
  });
});

describe("a daemon's socket that may not be used", { skip: otherUserReason() }, () => {
  it("is told with what to do about it", async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "airlock-noaccess-"));
    chmodSync(directory, 0o755);
    const path = join(directory, "docker.sock");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    chmodSync(path, 0o600);
    t.after(() => {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    });
    const script = `
      import { DockerDaemon } from "#helper/image/docker/daemon.ts";
      const daemon = new DockerDaemon({
        where: "here", endpoint: { type: "unix", path: process.argv[1] }, tls: undefined });
      process.setuid(65534);
      const error = await daemon.inspect("app:1", new AbortController().signal).catch((e) => e);
      console.log(JSON.stringify([error.code, error.message, error.hint]));`;
    const args = ["--input-type=module-typescript", "-e", script, path];
    const cwd = join(import.meta.dirname, "../../../../..");
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    const [code, message, hint] = JSON.parse(stdout);
    assert.equal(code, "daemon");
    assert.equal(message, "no permission to use the Docker daemon at here");
    assert.match(hint, /group docker/);
  });
});

/** What is large comes in two parts. */
function sendSlowly(archive: Buffer, response: ServerResponse): void {
  if (archive.length < large.length) {
    response.end(archive);
    return;
  }
  response.write(archive.subarray(0, 1 << 20));
  setTimeout(() => response.write(archive.subarray(1 << 20, 2 << 20)), 700);
  setTimeout(() => response.end(archive.subarray(2 << 20)), 800);
}

/** The same archive with an index around the manifest, by which the daemon knows the image. */
function underIndex(layout: SavedLayout): { id: string; archive: Buffer } {
  const { entries } = saveImage(layout, { layers });
  const top = entries.find(({ path }) => path === "index.json");
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const inner = Buffer.from(JSON.stringify({ ...JSON.parse(textOf(top)), mediaType }));
  const id = sha256(inner);
  const outer = { schemaVersion: 2, manifests: [{ mediaType, digest: id, size: inner.length }] };
  const others = entries.filter((entry) => entry !== top);
  const blob = { path: `blobs/sha256/${id.slice("sha256:".length)}`, content: inner };
  return {
    id,
    archive: tar([...others, blob, { path: "index.json", content: JSON.stringify(outer) }]),
  };
}

function textOf(entry: TarInput | undefined): string {
  return Buffer.from((entry?.content ?? "") as string).toString();
}

function definedOnly(values: Record<string, string | undefined>) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function otherUserReason(): string | false {
  return process.getuid?.() === 0 ? false : "becoming another user needs root";
}
