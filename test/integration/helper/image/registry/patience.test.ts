// How often servers are asked, whom a failure is blamed on, and what goes to which server.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { PrepareOptions } from "#helper/image/prepare.ts";
import { defaultPace, HttpClient, type Pace } from "#helper/image/registry/http.ts";
import {
  blobOf,
  type FakeRegistry,
  type Request,
  startFakeRegistry,
} from "#test/support/fakeRegistry.ts";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { type LayoutDescriptor, writeImage } from "#test/support/ociLayout.ts";
import { listen } from "#test/support/registry.ts";
import { tar } from "#test/support/tar.ts";

const pace: Pace = {
  ...defaultPace,
  headersMs: 500,
  retry: { ...defaultPace.retry, attempts: 3, baseMs: 10 },
};
const layers = [0, 1, 2].map((n) => tar([{ path: `file${n}`, content: `content ${n}` }]));
const files = { file0: "content 0", file1: "content 1", file2: "content 2" };

describe("patience with registries", () => {
  const world = imageWorld("patience");
  const blobs = join(world.scratch, "blobs");
  let image: LayoutDescriptor;
  let fake: FakeRegistry;
  let mirror: FakeRegistry;
  before(async () => {
    image = await writeImage(blobs, { layers, compression: "none" });
  });
  beforeEach(async () => {
    fake = await startFakeRegistry(blobs, image.digest);
    mirror = await startFakeRegistry(blobs, image.digest);
  });
  afterEach(() => {
    fake.stop();
    mirror.stop();
  });

  const pull = (options: PrepareOptions = {}) =>
    world.prepare(
      `${fake.host}/team/app:1`,
      { pace, ...options },
      { resolution: "registry", insecure: true },
    );
  const status = (response: ServerResponse, code: number, headers = {}, body: unknown = "") => {
    response.writeHead(code, headers).end(body);
    return true;
  };
  const isLayer = ({ url }: Request) => /[0-9a-f]{64}/.test(url) && blobOf(blobs, url)[0] !== 0x7b;
  /** The beginning of an answer, and then the end of the connection. */
  const breakOff = (response: ServerResponse, bytes: Buffer) => {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 10), () => response.destroy());
    return true;
  };

  describe("one registry", () => {
    it("sends three layers at once, and no more", async () => {
      const many = Array.from({ length: 8 }, (_, n) => tar([{ path: `f${n}`, content: `${n}` }]));
      const { digest } = await writeImage(blobs, { layers: many, compression: "none" });
      const large = await startFakeRegistry(blobs, digest);
      let [open, most] = [0, 0];
      large.spoil = (request, response) => {
        if (!request.isBlob || !isLayer(request)) return false;
        open += 1;
        most = Math.max(most, open);
        setTimeout(() => {
          open -= 1;
          response.end(blobOf(blobs, request.url));
        }, 30);
        return true;
      };
      try {
        const request = { resolution: "registry", insecure: true } as const;
        const { path } = await world.prepare(`${large.host}/team/app:1`, { pace }, request);
        assert.equal(Object.keys(filesOf(path)).length, many.length);
        assert.equal(most, 3);
      } finally {
        large.stop();
      }
    });

    it("is asked as often as the rule says, and no more, for layers and tokens too", async () => {
      fake.spoil = (request, response) => isLayer(request) && status(response, 500);
      await assert.rejects(pull(), { code: "network", message: /answered 500/ });
      const asked = fake.requests.filter(isLayer);
      assert.ok(asked.length <= 9 && asked.every(({ times }) => times < 3));
      fake.requests.length = 0;
      fake.spoil = ({ url }, response) => {
        if (url.startsWith("/token")) return status(response, 503);
        const realm = `Bearer realm="http://${fake.host}/token",service="s"`;
        return status(response, 401, { "www-authenticate": realm });
      };
      await assert.rejects(pull(), { code: "network", message: /answered 503/ });
      assert.equal(fake.requests.filter(({ url }) => url.startsWith("/token")).length, 3);
    });

    it("is given the time it asks for, also between parts of a layer", async () => {
      fake.spoil = (request, response) =>
        isLayer(request) && request.times === 0 && status(response, 429, { "retry-after": "1" });
      const startedAt = performance.now();
      await pull();
      assert.ok(performance.now() - startedAt >= 1000);
      rmSync(world.home, { recursive: true });
      fake.requests.length = 0;
      fake.spoil = (request, response) =>
        isLayer(request) && status(response, 429, { "retry-after": "3600" });
      await assert.rejects(pull(), { code: "rate-limit", message: /60 minutes/ });
      assert.ok(fake.requests.filter(isLayer).length <= 3, "no layer is asked for twice");
    });

    it("is asked again when a manifest, a config or a token breaks off", async () => {
      const token = Buffer.from(JSON.stringify({ token: "token" }));
      const answerToken = ({ times }: Request, response: ServerResponse) =>
        times === 0 ? breakOff(response, token) : status(response, 200, {}, token);
      fake.spoil = (request, response) => {
        if (request.url.startsWith("/token")) return answerToken(request, response);
        if (request.authorization === undefined) {
          const realm = `Bearer realm="http://${fake.host}/token",service="s"`;
          return status(response, 401, { "www-authenticate": realm });
        }
        const bytes = blobOf(blobs, request.isBlob ? request.url : image.digest);
        return request.times <= 1 && !isLayer(request) && breakOff(response, bytes);
      };
      assert.deepEqual(filesOf((await pull()).path), files);
    });

    it("is not blamed when the server it redirects to refuses", async () => {
      const elsewhere = createServer((_, response) => status(response, 403));
      const port = await listen(elsewhere);
      try {
        let redirected = 0;
        fake.spoil = (request, response) => {
          if (!isLayer(request)) return false;
          redirected += 1;
          return status(response, 307, { location: `http://localhost:${port}/blob` });
        };
        await assert.rejects(pull(), {
          code: "network",
          message: new RegExp(`localhost:${port}, where ${fake.host} redirects to, answered 403`),
        });
        assert.ok(redirected > 3, "it is asked for another address");
      } finally {
        elsewhere.close();
      }
    });

    it("sends nothing of an image whose layers alone are too large", async () => {
      await assert.rejects(pull({ maxBytes: 3000 }), {
        code: "too-large",
        message: /unpacks to more than .*: its layers alone have/,
      });
      assert.deepEqual(fake.requests.filter(isLayer), []);
      assert.deepEqual(world.cached("blobs"), []);
    });
  });

  describe("a mirror", () => {
    beforeEach(() => {
      mkdirSync(join(world.home, ".airlock"), { recursive: true });
      const mirrors = JSON.stringify([`http://${mirror.host}`]);
      const text = `[registries."${fake.host}"]\nmirrors = ${mirrors}\n`;
      writeFileSync(join(world.home, ".airlock/settings.toml"), text);
    });

    it("that is dead is waited for once, and not for each blob", async () => {
      const startedAt = performance.now();
      mirror.spoil = () => true;
      assert.deepEqual(filesOf((await pull()).path), files);
      assert.equal(mirror.requests.length, 1);
      assert.ok(performance.now() - startedAt < 3_000);
    });

    it("that lacks a blob is asked for the others", async () => {
      mirror.spoil = (request, response) =>
        request.url.includes("manifests") && status(response, 404);
      assert.deepEqual(filesOf((await pull()).path), files);
      assert.equal(mirror.requests.filter(isLayer).length, 3);
      assert.equal(fake.requests.filter(isLayer).length, 0);
    });

    const wrong: [string, (bytes: Buffer) => Buffer][] = [
      ["damaged", (bytes) => Buffer.from(bytes).fill("x", 520, 530)],
      ["too long", (bytes) => Buffer.concat([bytes, bytes])],
    ];
    for (const [what, spoil] of wrong) {
      it(`whose content is ${what} does not keep the registry's from being taken`, async () => {
        mirror.spoil = (request, response) =>
          isLayer(request) && status(response, 200, {}, spoil(blobOf(blobs, request.url)));
        assert.deepEqual(filesOf((await pull()).path), files);
        assert.ok(mirror.requests.some(isLayer));
      });
    }
  });
});

describe("redirects of a request with a body", () => {
  type Seen = { method: string | undefined; body: string; type: string | undefined };
  const http = new HttpClient(pace, undefined);
  const servers: ReturnType<typeof createServer>[] = [];
  after(() => http.close());
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function recorder(answer: (url: string, response: ServerResponse) => void) {
    const seen: Seen[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method, headers } = request;
      seen.push({ method, body: Buffer.concat(chunks).toString(), type: headers["content-type"] });
      answer(request.url ?? "", response);
    });
    servers.push(server);
    return { seen, origin: `http://127.0.0.1:${await listen(server)}` };
  }
  const post = (origin: string) =>
    http.request(`${origin}/token`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "refresh_token=secret",
      signal: new AbortController().signal,
    });

  it("never take the body to another host", async () => {
    for (const code of [301, 302, 303, 307, 308]) {
      const other = await recorder((_, response) => response.end("{}"));
      const first = await recorder((_, response) =>
        response.writeHead(code, { location: `${other.origin}/x` }).end(),
      );
      const sent = post(first.origin);
      if (code >= 307) {
        await assert.rejects(sent, { code: "registry", message: /redirects to another host/ });
        assert.deepEqual(other.seen, []);
      } else {
        assert.equal((await sent).status, 200);
        assert.deepEqual(other.seen, [{ method: "GET", body: "", type: undefined }]);
      }
    }
  });

  it("take it along on the same host where the status says so", async () => {
    const server = await recorder((url, response) =>
      url === "/token" ? response.writeHead(307, { location: "/other" }).end() : response.end("{}"),
    );
    assert.equal((await post(server.origin)).status, 200);
    assert.deepEqual(server.seen[1], {
      method: "POST",
      body: "refresh_token=secret",
      type: "text/plain",
    });
  });
});
