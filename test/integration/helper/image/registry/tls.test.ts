// What a registry behind TLS must not do, and layers that are fetched from their owner.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { defaultPace } from "#helper/image/registry/http.ts";
import { blobOf, type FakeRegistry, startFakeRegistry } from "#test/support/fakeRegistry.ts";
import { imageWorld } from "#test/support/imageWorld.ts";
import { putJson, writeImage } from "#test/support/ociLayout.ts";
import { listen, registrySkipReason, selfSigned } from "#test/support/registry.ts";
import { tar } from "#test/support/tar.ts";

const pace = { ...defaultPace, retry: { ...defaultPace.retry, attempts: 1 } };

describe("a server behind TLS", { skip: registrySkipReason() }, () => {
  const world = imageWorld("tls");
  const seen: IncomingMessage[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let server: Server;
  let host: string;
  before(async () => {
    const { certificate, key } = selfSigned(world.scratch, "server");
    server = createServer(
      { cert: readFileSync(certificate), key: readFileSync(key) },
      (request, response) => {
        seen.push(request);
        answer(request, response);
      },
    );
    host = `127.0.0.1:${await listen(server)}`;
    process.env.SSL_CERT_FILE = certificate;
  });
  beforeEach(() => {
    seen.length = 0;
  });
  after(() => {
    delete process.env.SSL_CERT_FILE;
    server.close();
    server.closeAllConnections();
  });
  const pull = (name: string, insecure: boolean) =>
    world.prepare(name, { pace }, { resolution: "registry", insecure });

  it("cannot lead from encryption to the clear", async () => {
    answer = (_, response) =>
      response.writeHead(307, { location: "http://127.0.0.1:1/elsewhere" }).end();
    await assert.rejects(pull(`${host}/team/app:1`, false), {
      code: "registry",
      message: /redirects to http, which is not followed/,
    });
    assert.equal(seen.length, 1);
  });

  it("gives a layer that the registry may not, to nobody in particular", async () => {
    const layer = tar([{ path: "foreign", content: "content" }]);
    const { fake, digest } = await foreignImage(layer, [
      "http://127.0.0.1:1/never",
      `https://${host}/gone`,
      `https://${host}/layer`,
    ]);
    answer = ({ url }, response) =>
      url === "/layer" ? response.end(layer) : response.writeHead(404).end();
    try {
      assert.equal((await pull(`${fake.host}/team/app:1`, true)).digest, digest);
      assert.deepEqual(
        seen.map(({ url }) => url),
        ["/gone", "/layer"],
      );
      assert.ok(seen.every(({ headers }) => headers.authorization === undefined));
      assert.ok(fake.requests.some(({ authorization }) => authorization !== undefined));
    } finally {
      fake.stop();
    }
  });

  it("is checked when it gives such a layer, and is no way around a registry's refusal", async () => {
    const layer = tar([{ path: "foreign", content: "content" }]);
    const { fake } = await foreignImage(layer, [`https://${host}/layer`]);
    try {
      answer = (_, response) => response.end(tar([{ path: "foreign", content: "another" }]));
      await assert.rejects(pull(`${fake.host}/team/app:1`, true), { code: "digest" });
      answer = (_, response) => response.writeHead(404).end();
      await assert.rejects(pull(`${fake.host}/team/app:1`, true), { code: "not-found" });
    } finally {
      fake.stop();
    }
  });

  /** An image whose only layer the registry does not have, in a registry that wants a password. */
  async function foreignImage(layer: Buffer, urls: readonly string[]) {
    const { layout } = world;
    const image = await writeImage(layout, { layers: [layer], compression: "none" });
    const manifest = JSON.parse(blobOf(layout, image.digest).toString());
    manifest.layers[0].urls = urls;
    const changed = await putJson(layout, manifest.mediaType, manifest);
    const fake: FakeRegistry = await startFakeRegistry(layout, changed.digest);
    const secret = Buffer.from("alice:s3cret").toString("base64");
    signIn(fake.host, secret);
    fake.spoil = ({ url, authorization }, response) => {
      if (authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
        return true;
      }
      if (!url.includes(manifest.layers[0].digest)) return false;
      response.writeHead(404).end();
      return true;
    };
    return { fake, digest: changed.digest };
  }

  function signIn(registry: string, auth: string): void {
    writeFileSync(
      join(world.scratch, "config.json"),
      JSON.stringify({ auths: { [registry]: { auth } } }),
    );
    process.env.DOCKER_CONFIG = world.scratch;
  }
  after(() => {
    delete process.env.DOCKER_CONFIG;
  });
});
