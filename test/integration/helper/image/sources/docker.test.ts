import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import Docker from "dockerode";
import { type PrepareOptions, prepareImage } from "#helper/image/prepare.ts";
import type { ImageProgress } from "#helper/image/progress.ts";
import { defaultPace } from "#helper/image/registry/http.ts";
import { until } from "#test/support/cli.ts";
import { type Dockerd, dockerdSkipReason, startDockerd } from "#test/support/dockerd.ts";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { base, upper } from "#test/support/recordedSaves.ts";
import { freePort } from "#test/support/registry.ts";
import { type SavedInput, saveImage } from "#test/support/savedArchive.ts";
import { tar } from "#test/support/tar.ts";

const big = tar([{ path: "big", content: Buffer.alloc(8 << 20, "0123456789abcdef!") }]);
const pace = { ...defaultPace, retry: { ...defaultPace.retry, attempts: 1 } };
const otherArchitecture = process.arch === "arm64" ? "amd64" : "arm64";

describe("images of a Docker daemon", { skip: dockerdSkipReason }, () => {
  const world = imageWorld("docker");
  const { scratch } = world;
  const host = process.env.DOCKER_HOST;
  let dockerd: Dockerd;
  let docker: Docker;
  before(async () => {
    dockerd = await startDockerd();
    process.env.DOCKER_HOST = `unix://${dockerd.socketPath}`;
    docker = new Docker();
  });
  after(async () => {
    if (host === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = host;
    await dockerd.stop();
  });

  const load = (input: SavedInput) => loadInto(docker, input);
  const prepare = (
    name: string,
    options: PrepareOptions = {},
    resolution: "auto" | "docker" = "docker",
  ) => world.prepare(name, options, { resolution });
  const spooled = () => world.cached("imports");

  it("exports an image once, with repeated layers, and knows it by Docker's id", async () => {
    const id = await load({ layers: [base, upper, base, upper], tags: ["app:1"] });
    const steps: ImageProgress[] = [];
    const onProgress = (step: ImageProgress) => steps.push(step);
    for (const resolution of ["docker", "auto"] as const) {
      const image = await prepare("app:1", { onProgress }, resolution);
      assert.equal(image.digest, id);
      assert.equal(image.source, "docker");
      assert.deepEqual(filesOf(image.path), { hello: "world", "etc/motd": "hi\n" });
      const exports = steps.filter((step) => step.text === "exporting app:1 from Docker");
      assert.equal(exports.length > 0, resolution === "docker");
      steps.length = 0;
    }
    assert.equal((await prepare("docker.io/library/app:1")).digest, id);
    assert.deepEqual(spooled(), []);
  });

  it("notices that a tag was built again, and leaves the decision to the user", async () => {
    const first = await load({ layers: [base], tags: ["app:dev"] });
    await prepare("app:dev");
    const previous = { name: "app:dev", digest: first };
    const second = await load({ layers: [base, upper], tags: ["app:dev"] });
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    assert.equal((await prepare("app:dev", { previous, onNotice })).digest, first);
    await until(() => notices.length > 0);
    assert.match(notices.join(), /^Docker has another image as app:dev now; .*image pull app:dev$/);
    assert.equal((await prepare("app:dev", { previous, refresh: true })).digest, second);
    const started = await prepare("app:dev", { previous: { name: "app:dev", digest: second } });
    assert.equal(started.digest, second);
  });

  it("starts a stored image without the daemon", async () => {
    const digest = await load({ layers: [base], tags: ["127.0.0.1:1/kept:1"] });
    await prepare("127.0.0.1:1/kept:1");
    await docker.getImage("127.0.0.1:1/kept:1").remove();
    const previous = { name: "127.0.0.1:1/kept:1", digest };
    assert.equal((await prepare("127.0.0.1:1/kept:1", { previous })).digest, digest);
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    const { DOCKER_HOST } = process.env;
    try {
      for (const there of [true, false]) {
        if (!there) process.env.DOCKER_HOST = `unix://${scratch}/none.sock`;
        for (const resolution of ["docker", "auto"] as const) {
          const name = "127.0.0.1:1/kept:1";
          const image = await prepare(name, { onNotice, pace }, resolution);
          assert.equal(image.digest, digest);
          assert.match(notices.pop() ?? "", /could not be looked up .* the stored image is used/);
          await assert.rejects(prepare(name, { refresh: true, pace }, resolution));
        }
      }
    } finally {
      process.env.DOCKER_HOST = DOCKER_HOST;
    }
    await assert.rejects(world.prepare("127.0.0.1:1/kept:1", { pace }, { resolution: "registry" }));
  });

  it("says what the daemon does not have, and asks the registry under auto", async () => {
    await assert.rejects(prepare("none:1"), {
      name: "ImageError",
      code: "not-found",
      message: /^none:1: the Docker daemon at .* has no such image$/,
    });
    await assert.rejects(prepare("127.0.0.1:1/none:1", { pace }, "auto"), /127\.0\.0\.1:1/);
  });

  it("does not take an image for another kind of machine", async () => {
    const tags = ["127.0.0.1:1/foreign:1"];
    await load({ layers: [base], tags, architecture: otherArchitecture });
    await assert.rejects(prepare("127.0.0.1:1/foreign:1"), {
      code: "platform",
      message: new RegExp(`is for linux/${otherArchitecture}, not for linux/`),
    });
    const notices: string[] = [];
    const options = { pace, onNotice: (notice: string) => notices.push(notice) };
    await assert.rejects(prepare("127.0.0.1:1/foreign:1", options, "auto"), /127\.0\.0\.1:1/);
    assert.match(notices.join(), /is for linux\/.*; the registry is asked/);
  });

  it("takes what docker import made", async () => {
    const archive = tar([{ path: "only", content: "one" }]);
    const target = { repo: "imported", tag: "1" };
    await text(await docker.importImage(Readable.from([archive]), target));
    const image = await prepare("imported:1");
    assert.deepEqual(filesOf(image.path), { only: "one" });
  });

  it("stops at any byte when cancelled, and leaves nothing", async () => {
    await load({ layers: [big], tags: ["big:1"] });
    for (const limit of [1, 100_000, 3_000_000, 8_000_000]) {
      const controller = new AbortController();
      const onProgress = ({ doneBytes }: ImageProgress) => {
        if ((doneBytes ?? 0) >= limit) controller.abort();
      };
      await assert.rejects(prepare("big:1", { signal: controller.signal, onProgress }), {
        code: "cancelled",
      });
      assert.deepEqual(spooled(), []);
    }
  });

  it("uses the socket of DOCKER_HOST and no other", async () => {
    await load({ layers: [base], tags: ["app:2"] });
    const host = process.env.DOCKER_HOST;
    try {
      process.env.DOCKER_HOST = `unix://${scratch}/none.sock`;
      await assert.rejects(prepare("app:2"), {
        code: "daemon",
        message: /there is no such socket/,
      });
      process.env.DOCKER_HOST = "ssh://me@there";
      await assert.rejects(prepare("app:2"), { code: "daemon", message: /ssh:\/\/ are not supp/ });
      process.env.DOCKER_HOST = `tcp://127.0.0.1:${await cutting(dockerd.socketPath, 2 << 20)}`;
      await assert.rejects(prepare("big:1"), { code: "daemon", message: /127\.0\.0\.1/ });
      assert.deepEqual(spooled(), []);
    } finally {
      process.env.DOCKER_HOST = host;
      for (const server of servers.splice(0)) server.close();
    }
  });
});

describe("a Docker daemon behind TLS", { skip: dockerdSkipReason }, () => {
  const certs = mkdtempSync(join(tmpdir(), "airlock-tls-"));
  const environment = { ...process.env };
  let dockerd: Dockerd;
  let port: number;
  before(async () => {
    makeCertificates(certs);
    port = await freePort();
    const files = Object.entries({ tlscacert: "ca", tlscert: "cert", tlskey: "key" }).map(
      ([flag, name]) => `--${flag}=${join(certs, `${name}.pem`)}`,
    );
    dockerd = await startDockerd(["-H", `tcp://127.0.0.1:${port}`, "--tlsverify", ...files]);
    process.env.HOME = certs;
    process.env.DOCKER_HOST = `tcp://127.0.0.1:${port}`;
    process.env.DOCKER_TLS_VERIFY = "1";
  });
  after(async () => {
    for (const name of ["HOME", "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"]) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
    await dockerd.stop();
    rmSync(certs, { recursive: true, force: true });
  });
  const prepare = () =>
    prepareImage({ name: "tls:1", resolution: "docker", insecure: false, projectDir: certs });

  it("gives images to those with the right certificates only", async () => {
    const local = new Docker({ socketPath: dockerd.socketPath, host: undefined, protocol: "http" });
    const id = await loadInto(local, { layers: [base], tags: ["tls:1"] });
    process.env.DOCKER_CERT_PATH = join(certs, "none");
    await assert.rejects(prepare(), { code: "daemon", message: /self-signed certificate/ });
    process.env.DOCKER_CERT_PATH = certs;
    assert.equal((await prepare()).digest, id);
  });
});

/** Gives the daemon an image and returns the id by which it knows it: what that is of, depends on its store. */
async function loadInto(docker: Docker, input: SavedInput): Promise<string> {
  const { archive } = saveImage("podman", input);
  const answer = await text(await docker.loadImage(Readable.from([archive]), { quiet: true }));
  assert.ok(!answer.includes('"error"'), answer);
  return (await docker.getImage(input.tags?.[0] ?? "").inspect()).Id;
}

/** One certificate that is its own authority, the daemon's and the client's. */
function makeCertificates(directory: string): void {
  const out = ["-keyout", join(directory, "key.pem"), "-out", join(directory, "cert.pem")];
  const extensions = ["-addext", "subjectAltName=IP:127.0.0.1"];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"];
  execFileSync("openssl", [...request, ...out, ...extensions], { stdio: "pipe" });
  copyFileSync(join(directory, "cert.pem"), join(directory, "ca.pem"));
}

const servers: Server[] = [];

/** A daemon's port whose connections break after so many bytes. */
async function cutting(socketPath: string, limitBytes: number): Promise<number> {
  const server = createServer((client) => {
    let sent = 0;
    const daemon = connect(socketPath);
    client.pipe(daemon);
    for (const end of [client, daemon]) end.on("error", () => undefined);
    client.on("close", () => daemon.destroy());
    daemon.on("close", () => client.destroy());
    daemon.on("data", (chunk: Buffer) => {
      sent += chunk.length;
      client.write(chunk);
      if (sent > limitBytes) client.destroy();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}
