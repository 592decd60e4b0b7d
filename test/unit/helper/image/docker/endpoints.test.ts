import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { findEndpoints, usualSockets } from "#helper/image/docker/endpoints.ts";
import { tempTree } from "#test/support/tempTree.ts";

type Files = Record<string, string>;
type Env = Record<string, string>;

const idOf = (name: string) => createHash("sha256").update(name).digest("hex");
const context = (name: string, docker: object): Files => ({
  [`.docker/contexts/meta/${idOf(name)}/meta.json`]: JSON.stringify({
    Name: name,
    Metadata: {},
    Endpoints: { docker },
  }),
});

async function find(t: TestContext, files: Files, env: Env = {}, sockets: string[] = []) {
  const home = tempTree(t, { "x/y": "", ...files });
  const settings = { env, home, sockets: sockets.map((name) => join(home, name)) };
  const found = await findEndpoints(settings);
  return found.map(({ where, tls, endpoint }) => ({
    where: where.replace(home, "~"),
    type: endpoint.type,
    tls: tls === undefined ? undefined : { ...tls, ca: tls.ca?.toString() },
  }));
}

const unix = (where: string) => ({ where, type: "unix", tls: undefined });
const tcp = (where: string) => ({ where, type: "tcp", tls: undefined });

describe("finding Docker daemons", () => {
  it("takes every socket that exists, in the usual order", async (t) => {
    const found = await find(t, { a: "", c: "" }, {}, ["a", "b", "c"]);
    assert.deepEqual(found, [unix("~/a"), unix("~/c")]);
    const usual = usualSockets({ env: { XDG_RUNTIME_DIR: "/run/me" }, home: "/home/me" });
    assert.deepEqual(usual, [
      "/var/run/docker.sock",
      "/run/me/docker.sock",
      "/home/me/.docker/run/docker.sock",
      "/home/me/.docker/desktop/docker.sock",
      "/run/me/podman/podman.sock",
      "/run/podman/podman.sock",
    ]);
  });

  it("says where it looked when there is none", async (t) => {
    await assert.rejects(find(t, {}, {}, ["a", "b"]), {
      code: "daemon",
      message: /there is no Docker daemon here \(no .*\/a, no .*\/b\)/,
      hint: /Start Docker or Podman/,
    });
  });

  it("prefers DOCKER_HOST to DOCKER_CONTEXT, and that to the current context", async (t) => {
    const files = {
      ...context("one", { Host: "tcp://one:1" }),
      ...context("two", { Host: "unix:///two.sock" }),
      ".docker/config.json": '{"currentContext":"one"}',
      a: "",
    };
    assert.deepEqual(await find(t, files, {}, ["a"]), [tcp("tcp://one:1")]);
    const named = { DOCKER_CONTEXT: "two" };
    assert.deepEqual(await find(t, files, named, ["a"]), [unix("/two.sock")]);
    const host = { ...named, DOCKER_HOST: "unix:///h.sock" };
    assert.deepEqual(await find(t, files, host, ["a"]), [unix("/h.sock")]);
    const usual = { DOCKER_CONTEXT: "default" };
    assert.deepEqual(await find(t, files, usual, ["a"]), [unix("~/a")]);
  });

  it("reads contexts below DOCKER_CONFIG", async (t) => {
    const files = context("one", { Host: "tcp://one:1" });
    const moved = Object.entries(files).map(([path, text]) => [path.replace(".docker", "c"), text]);
    const home = tempTree(t, Object.fromEntries(moved));
    const env = { DOCKER_CONFIG: join(home, "c"), DOCKER_CONTEXT: "one" };
    const [found] = await findEndpoints({ env, home, sockets: [] });
    assert.equal(found?.where, "tcp://one:1");
  });

  it("reads certificates of DOCKER_CERT_PATH, the home directory, or the context", async (t) => {
    const host = { DOCKER_HOST: "tcp://h:1", DOCKER_TLS_VERIFY: "1" };
    const files = { ".docker/ca.pem": "CA" };
    const tls = { ca: "CA", cert: undefined, key: undefined, verifies: true };
    assert.deepEqual((await find(t, files, host))[0]?.tls, tls);
    const secure = { DOCKER_HOST: "tcp://h:2376" };
    assert.deepEqual((await find(t, files, secure))[0]?.tls, tls);
    const certs = tempTree(t, { "ca.pem": "CA" });
    const path = { DOCKER_HOST: "tcp://h:1", DOCKER_CERT_PATH: certs };
    assert.deepEqual((await find(t, {}, path))[0]?.tls, { ...tls, verifies: false });
    const inContext = {
      ...context("one", { Host: "tcp://h:1", SkipTLSVerify: true }),
      [`.docker/contexts/tls/${idOf("one")}/docker/ca.pem`]: "CA",
    };
    const one = { DOCKER_CONTEXT: "one" };
    assert.deepEqual((await find(t, inContext, one))[0]?.tls, { ...tls, verifies: false });
  });

  it("says what is wrong with a daemon that is named", async (t) => {
    const refuses = (files: Files, env: Env, message: RegExp) =>
      assert.rejects(find(t, files, env), { code: "daemon", message });
    await refuses({}, { DOCKER_HOST: "ssh://me@h" }, /^DOCKER_HOST: .*ssh.* not supported/);
    await refuses({}, { DOCKER_HOST: "unix://x" }, /^DOCKER_HOST: .*no absolute path/);
    await refuses({}, { DOCKER_CONTEXT: "no" }, /context "no": it does not exist/);
    const remote = context("r", { Host: "ssh://me@h" });
    await refuses(remote, { DOCKER_CONTEXT: "r" }, /context "r": .*not supported/);
    const host = { DOCKER_HOST: "tcp://h:2376" };
    await refuses({ ".docker/cert.pem": "" }, host, /only one of cert\.pem and key\.pem/);
    await refuses({ ".docker/ca.pem/x": "" }, host, /ca\.pem cannot be read \(EISDIR\)/);
  });
});
