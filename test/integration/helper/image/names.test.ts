import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { daemonNames, tagNames } from "#helper/image/names.ts";
import { cliWorld } from "#test/support/cli.ts";
import { listen } from "#test/support/registry.ts";
import { tempTree } from "#test/support/tempTree.ts";

type Answers = Readonly<Record<string, unknown>>;

/** Serves JSON by address; anything else is not found. */
function serve(t: TestContext, answers: Answers, asked: string[] = []): Server {
  const server = createServer(({ url = "", headers }, response) => {
    asked.push(`${url} ${headers.authorization ?? ""}`.trim());
    const found = Object.entries(answers).find(([address]) => url.startsWith(address));
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found?.[1] ?? {}));
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

test("a daemon's images are named, without those that have no name", async (t) => {
  const images = [
    { Id: "sha256:1", RepoTags: ["app:1", "team.example/app:1"] },
    { Id: "sha256:2", RepoTags: ["<none>:<none>"] },
    { Id: "sha256:3", RepoTags: null },
  ];
  const socketPath = join(tempTree(t, {}), "docker.sock");
  const server = serve(t, { "/images/json": images });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const settings = { env: { DOCKER_HOST: `unix://${socketPath}` }, home: tempTree(t, {}) };
  const found = await daemonNames(AbortSignal.timeout(10_000), settings);
  assert.deepEqual(
    found.map(({ name }) => name),
    ["app:1", "team.example/app:1"],
  );
});

test("without a daemon there is nothing to name", async (t) => {
  const home = tempTree(t, {});
  const signal = AbortSignal.timeout(10_000);
  assert.deepEqual(await daemonNames(signal, { env: {}, home, sockets: [join(home, "none")] }), []);
  const env = { DOCKER_HOST: `unix://${join(home, "none")}` };
  assert.deepEqual(await daemonNames(signal, { env, home }), []);
});

test("a registry is asked for its tags, and the likeliest come first", async (t) => {
  const world = cliWorld({});
  t.after(() => world.dispose());
  const asked: string[] = [];
  const tags = ["1.9", "1.10", "edge", "latest", "1.10-slim", "bad tag", "\u001b[31m"];
  const host = `127.0.0.1:${await listen(serve(t, { "/v2/team/app/tags/list": { tags } }, asked))}`;
  const names = ["image", "names", `${host}/team/app`, "--insecure"];
  const { code, stdout, stderr } = await world.run(names);
  assert.equal(code, 0, stderr);
  const { images } = JSON.parse(stdout) as { images: { name: string; detail: string }[] };
  const found = images.map(({ name }) => name.slice(name.lastIndexOf(":") + 1));
  assert.deepEqual(found, ["latest", "1.10", "1.10-slim", "1.9", "edge"]);
  assert.equal(images[0]?.detail, `tag of ${host}`);
  assert.deepEqual(asked, ["/v2/team/app/tags/list?n=1000"]);
});

test("what is no repository of a registry is not asked about", async () => {
  const options = { insecure: true, signal: AbortSignal.timeout(10_000) };
  assert.deepEqual(await tagNames("oci:./dir", options), []);
  await assert.rejects(tagNames("../x y", options), { code: "reference" });
});
