import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as sendOn,
} from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { checkTag } from "#helper/image/newer.ts";
import { type PrepareOptions, prepareImage } from "#helper/image/prepare.ts";
import { defaultPace, type Pace } from "#helper/image/registry/http.ts";
import { readTag, writeTag } from "#helper/image/tags.ts";
import {
  blobOf,
  type FakeRegistry,
  type Spoiler,
  startFakeRegistry,
} from "#test/support/fakeRegistry.ts";
import { type LayoutDescriptor, writeImage } from "#test/support/ociLayout.ts";
import { listen } from "#test/support/registry.ts";
import { tar } from "#test/support/tar.ts";

const pace: Pace = {
  connectMs: 2_000,
  headersMs: 1_000,
  idleMs: 1_000,
  slowest: { bytes: 1_000, ms: 300 },
  retry: { ...defaultPace.retry, attempts: 3, baseMs: 10 },
};

describe("a registry that misbehaves", () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-hostile-"));
  const home = join(scratch, "home");
  const layout = join(scratch, "layout");
  const saved = process.env.HOME;
  let image: LayoutDescriptor;
  let fake: FakeRegistry;
  before(async () => {
    process.env.HOME = home;
    const content = Buffer.alloc(900_000, "some content of a file ");
    const layers = [0, 1, 2, 3].map((n) => tar([{ path: `file${n}`, content }]));
    image = await writeImage(layout, { layers, compression: "none" });
  });
  beforeEach(async () => {
    fake = await startFakeRegistry(layout, image.digest);
  });
  afterEach(() => {
    fake.stop();
    rmSync(home, { recursive: true, force: true });
  });
  after(() => {
    process.env.HOME = saved;
    rmSync(scratch, { recursive: true, force: true });
  });

  const pull = (options: PrepareOptions = {}) => {
    const name = `${fake.host}/team/app:1`;
    const request = { name, resolution: "registry", insecure: true, projectDir: scratch } as const;
    return prepareImage(request, { pace, ...options });
  };
  const files = (directory: string) => {
    const path = join(home, ".cache/airlock", directory);
    return existsSync(path) ? readdirSync(path) : [];
  };
  const refuses = async (code: string, message: RegExp, spoil: Spoiler) => {
    fake.spoil = spoil;
    await assert.rejects(pull(), { name: "ImageError", code, message });
    assert.deepEqual(files("images"), [], "nothing is left in the store");
  };
  const status = (response: ServerResponse, code: number, headers = {}, body = "") => {
    response.writeHead(code, headers).end(body);
    return true;
  };

  it("has its blobs fetched on from where connections broke", async () => {
    fake.spoil = ({ isBlob, range, url }, response) => {
      const bytes = blobOf(layout, isBlob ? url : image.digest);
      if (!isBlob || bytes.length - range < 400_000) return false;
      response.writeHead(range > 0 ? 206 : 200, {
        "content-length": bytes.length - range,
        ...(range > 0 && { "content-range": `bytes ${range}-${bytes.length - 1}/${bytes.length}` }),
      });
      response.write(bytes.subarray(range, range + 300_000), () => response.destroy());
      return true;
    };
    assert.equal((await pull()).digest, image.digest);
    const starts = fake.requests.filter(({ isBlob, range }) => isBlob && range === 0);
    assert.equal(starts.length, 5, "no layer, nor the config, was fetched from its start twice");
    assert.ok(fake.requests.some(({ range }) => range > 0));
    assert.deepEqual(files("blobs"), []);
  });

  it("lets a later pull go on where a cancelled one stopped", async () => {
    const controller = new AbortController();
    fake.spoil = ({ isBlob, url }, response) => {
      const bytes = blobOf(layout, isBlob ? url : image.digest);
      if (!isBlob || bytes.length < 400_000) return false;
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 300_000));
      setTimeout(() => controller.abort(), 300);
      return true;
    };
    const startedAt = performance.now();
    await assert.rejects(pull({ signal: controller.signal }), { code: "cancelled" });
    assert.ok(performance.now() - startedAt < 2_500, "nothing is waited for");
    assert.equal(files("blobs").filter((name) => name.endsWith(".part")).length, 3);
    fake.spoil = () => false;
    fake.requests.length = 0;
    assert.equal((await pull()).digest, image.digest);
    assert.equal(fake.requests.filter(({ range }) => range === 300_000).length, 3);
  });

  it("is waited for when it is busy, and not for ever", async () => {
    fake.spoil = ({ times }, response) => times === 0 && status(response, 503);
    assert.equal((await pull()).digest, image.digest);
    rmSync(home, { recursive: true });
    fake.spoil = ({ times, isBlob }, response) =>
      isBlob && times === 0 && status(response, 429, { "retry-after": "0" });
    assert.equal((await pull()).digest, image.digest);
    rmSync(home, { recursive: true });
    await refuses(
      "rate-limit",
      /refuses more requests for now; it asks to wait 60 minutes/,
      (_, response) => status(response, 429, { "retry-after": "3600" }),
    );
    await refuses("network", /answered 500/, (_, response) => status(response, 500));
  });

  it("cannot stall a pull", async () => {
    await refuses("network", /did not answer in time/, ({ isBlob }) => isBlob);
    await refuses("network", /stopped sending/, ({ isBlob, url }, response) => {
      if (!isBlob) return false;
      response.writeHead(200, { "content-length": blobOf(layout, url).length });
      response.write("begins");
      return true;
    });
  });

  it("cannot trickle", async () => {
    for (const what of ["layers", "manifest"]) {
      await refuses(
        "network",
        /127\.0\.0\.1:\d+ sends too slowly: \d+ bytes in \d+ s/,
        (request, response) => {
          if ((what === "layers") !== request.isBlob) return false;
          const bytes = blobOf(layout, request.isBlob ? request.url : image.digest);
          response.writeHead(200, { "content-length": bytes.length });
          let at = 0;
          const timer = setInterval(() => response.write(bytes.subarray(at, ++at)), 50);
          response.on("close", () => clearInterval(timer));
          return true;
        },
      );
    }
  });

  it("cannot redirect for ever or to another scheme", async () => {
    await refuses("registry", /redirects without end/, ({ url }, response) =>
      status(response, 307, { location: `${url}x` }),
    );
    for (const location of ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://[bad"]) {
      await refuses("registry", /redirects to .*, which is not followed/, (_, response) =>
        status(response, 302, { location }),
      );
    }
  });

  it("cannot lie about content, digests and lengths", async () => {
    await refuses("digest", /damaged/, ({ isBlob, url }, response) => {
      if (!isBlob) return false;
      const bytes = Buffer.from(blobOf(layout, url));
      bytes[600] = (bytes[600] ?? 0) ^ 1;
      return status(response, 200, {}, bytes as unknown as string);
    });
    await refuses("digest", /is longer than/, ({ isBlob, url }, response) => {
      if (!isBlob) return false;
      const bytes = blobOf(layout, url);
      return status(response, 200, {}, Buffer.concat([bytes, bytes]) as unknown as string);
    });
    await refuses("digest", /called it sha256:000/, ({ isBlob }, response) => {
      if (isBlob) return false;
      const headers = { "docker-content-digest": `sha256:${"0".repeat(64)}` };
      return status(response, 200, headers, blobOf(layout, image.digest) as unknown as string);
    });
    await refuses("digest", /another part/, ({ isBlob, url, range }, response) => {
      if (!isBlob) return false;
      const bytes = blobOf(layout, url);
      if (range > 0) return status(response, 206, { "content-range": "bytes 999999-/*" }, "x");
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
      return true;
    });
    assert.deepEqual(files("blobs"), []);
  });

  it("is told apart by what it refuses", async () => {
    const words = JSON.stringify({ errors: [{ code: "X", message: "no\u001b[31m way" }] });
    await refuses("unauthorized", /requires authentication \(no \[31m way\)/, (_, response) =>
      status(response, 403, {}, words),
    );
    await refuses("not-found", /not found \(no \[31m way\)/, (_, response) =>
      status(response, 404, {}, words),
    );
    await refuses("manifest", /schema 1, which is too old/, (_, response) => {
      const type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
      return status(response, 200, { "content-type": type }, '{"schemaVersion": 1}');
    });
  });

  it("is asked for a new token when the old one expires in the middle", async () => {
    let issued = 0;
    fake.spoil = ({ url, authorization, isBlob }, response) => {
      if (url.startsWith("/token")) {
        issued += 1;
        return status(response, 200, {}, JSON.stringify({ token: `token-${issued}` }));
      }
      const valid = isBlob ? "Bearer token-2" : "Bearer token-1";
      if (authorization === valid) return false;
      const realm = `Bearer realm="http://${fake.host}/token",service="s"`;
      return status(response, 401, { "www-authenticate": realm });
    };
    assert.equal((await pull()).digest, image.digest);
    assert.equal(issued, 2);
  });

  it("is asked once a day whether a tag has moved, and changes nothing", async () => {
    const name = `${fake.host}/team/app:1`;
    const { signal } = new AbortController();
    await pull();
    fake.requests.length = 0;
    assert.equal(await checkTag(name, { insecure: true, signal }), "current");
    assert.equal(fake.requests.length, 0);
    assert.equal(await checkTag(name, { insecure: true, signal, force: true }), "current");
    const reference = { registry: fake.host, repository: "team/app", tag: "1", digest: undefined };
    const listedDigest = `sha256:${"1".repeat(64)}`;
    await writeTag(reference, { digest: image.digest, listedDigest });
    assert.equal(await checkTag(name, { insecure: true, signal, force: true }), "moved");
    assert.equal(await checkTag(name, { insecure: true, signal }), "moved");
    assert.equal((await readTag(reference))?.newerDigest, image.digest);
  });

  it("is reached through the environment's proxy, unless its host is excepted", async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? "");
      sendOn({ host: "127.0.0.1", port: fake.host.split(":")[1], ...parts(request) }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      }).end();
    });
    proxy.on("connect", (request, socket: Socket) => {
      asked.push(request.url ?? "");
      const upstream = connect(Number(fake.host.split(":")[1]), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
    const port = await listen(proxy);
    process.env.http_proxy = `http://127.0.0.1:${port}`;
    try {
      assert.equal((await pull()).digest, image.digest);
      assert.ok(asked.length > 0);
      asked.length = 0;
      rmSync(home, { recursive: true });
      process.env.no_proxy = "127.0.0.1";
      assert.equal((await pull()).digest, image.digest);
      assert.deepEqual(asked, []);
    } finally {
      delete process.env.http_proxy;
      delete process.env.no_proxy;
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  it("serves one of two pulls at the same time; the other one follows", async () => {
    fake.spoil = ({ isBlob, url, times }, response) => {
      const bytes = blobOf(layout, isBlob ? url : image.digest);
      if (!isBlob || bytes.length < 400_000 || times > 0) return false;
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 300_000));
      setTimeout(() => response.end(bytes.subarray(300_000)), 700);
      return true;
    };
    const texts: string[] = [];
    const onProgress = ({ text }: { text: string }) => texts.push(text);
    const images = await Promise.all([pull({ onProgress }), pull({ onProgress })]);
    assert.equal(images[0].path, images[1].path);
    assert.ok(texts.some((text) => text.startsWith("waiting for another process that is pulling")));
    const layers = fake.requests.filter(({ isBlob }) => isBlob);
    assert.equal(layers.length, 5);
  });
});

function parts({ url = "", method, headers }: IncomingMessage) {
  return { path: url.replace(/^http:\/\/[^/]+/, ""), method, headers };
}
