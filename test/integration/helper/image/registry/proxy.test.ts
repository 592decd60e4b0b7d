// A real registry behind TLS and a password, reached through proxies: what they are told and what not.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { defaultPace } from "#helper/image/registry/http.ts";
import {
  type ConnectProxy,
  type ProxyVariant,
  startConnectProxy,
} from "#test/support/connectProxy.ts";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import {
  alice,
  registrySkipReason,
  selfSigned,
  startRegistry,
  type TestRegistry,
} from "#test/support/registry.ts";
import { tar } from "#test/support/tar.ts";

const pace = { ...defaultPace, headersMs: 1_000, retry: { ...defaultPace.retry, attempts: 1 } };
/** With everything in it that an address cannot hold as it is. */
const credentials = "proxy user:p@ss:/word";
const inAddress = `${encodeURIComponent("proxy user")}:${encodeURIComponent("p@ss:/word")}`;

describe("a registry behind a proxy", { skip: registrySkipReason() }, () => {
  const world = imageWorld("proxy");
  const variables = ["https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE"];
  const content = { hello: "world".repeat(100_000) };
  let registry: TestRegistry;
  let proxy: ConnectProxy;
  before(async () => {
    registry = await startRegistry({ tls: true, passwords: true });
    const layers = [tar([{ path: "hello", content: content.hello }])];
    await writeLayout(world.layout, { app: { layers } });
    await registry.push(world.layout, "app", "team/app:1");
  });
  afterEach(() => {
    proxy.stop();
    for (const name of variables) delete process.env[name];
  });
  after(() => registry.stop());

  const through = async (variant: ProxyVariant, scheme = "http", user = `${inAddress}@`) => {
    proxy = await startConnectProxy(variant);
    process.env.https_proxy = `${scheme}://${user}127.0.0.1:${proxy.port}`;
  };
  const home = (path: string, text: string) => {
    const file = join(world.home, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  };
  const pull = () => {
    const auth = Buffer.from(`${alice.name}:${alice.password}`).toString("base64");
    home(".docker/config.json", JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const request = { resolution: "registry" } as const;
    return world.prepare(`${registry.host}/team/app:1`, { pace }, request);
  };
  const trust = () =>
    home(".airlock/settings.toml", `[registries."${registry.host}"]\nca = "${registry.ca}"\n`);
  const refuses = async (code: string, message: RegExp) => {
    await assert.rejects(pull(), (error: Error & { code: string; hint?: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message}${error.hint}`, /p@ss|p%40ss|s3cret/);
      return true;
    });
  };

  it("is reached by CONNECT, with the proxy's password for the proxy alone", async () => {
    await through({ credentials });
    trust();
    assert.deepEqual(filesOf((await pull()).path), content);
    assert.deepEqual([...new Set(proxy.asked)], [`CONNECT ${registry.host}`]);
    assert.ok(proxy.fields.has("proxy-authorization"));
    assert.ok(!proxy.fields.has("authorization"), "the registry's password is not for the proxy");
  });

  it("is trusted by its own authority only, proxy or not", async () => {
    await through({ credentials });
    await refuses("certificate", /certificate is not trusted/);
    process.env.SSL_CERT_FILE = registry.ca;
    assert.deepEqual(filesOf((await pull()).path), content);
  });

  it("is not reached when the proxy does not know the user, which is told at once", async () => {
    for (const user of ["", `${inAddress}x@`]) {
      await through({ credentials }, "http", user);
      trust();
      await refuses("unreachable", /the proxy demands another sign-in/);
      assert.equal(proxy.asked.length, 1, "asking again would change nothing");
      proxy.stop();
    }
  });

  it("is not waited for behind a proxy that never answers", async () => {
    await through({ isMute: true });
    trust();
    const startedAt = performance.now();
    await refuses("network", /did not answer in time/);
    assert.ok(performance.now() - startedAt < 10_000);
  });

  it("is reached through a proxy that is behind TLS itself", async () => {
    const tls = selfSigned(world.scratch, "proxy");
    await through({ credentials, tls }, "https");
    trust();
    await refuses("certificate", /certificate is not trusted/);
    process.env.SSL_CERT_FILE = tls.certificate;
    assert.deepEqual(filesOf((await pull()).path), content);
    assert.deepEqual([...new Set(proxy.asked)], [`CONNECT ${registry.host}`]);
  });
});
