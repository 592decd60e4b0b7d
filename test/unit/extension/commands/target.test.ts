import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { targetOf, type UriLike } from "#extension/commands/target.ts";

const api = file("/projects/api");
const web = file("/projects/web");

describe("the argument of a command", () => {
  test("is missing: the user chooses", () => {
    assert.deepEqual(target(undefined), { kind: "none" });
    assert.deepEqual(target(null), { kind: "none" });
  });

  test("names a folder by its URI, or by that of anything in it", () => {
    assert.deepEqual(target(web), { kind: "folder", uri: web });
    for (const path of [
      "/projects/web/airlock.toml",
      "/projects/web/airlock.local.yml",
      "/projects/web/a/b.ts",
    ])
      assert.deepEqual(target(file(path)), { kind: "folder", uri: web });
  });

  test("is plain JSON in a command link", () => {
    const json = { $mid: 1, path: "/projects/api/airlock.json", scheme: "file" };
    assert.deepEqual(target(json), { kind: "folder", uri: api });
  });

  test("is the configuration of a directory below, which is another sandbox", () => {
    const path = "sub/airlock.toml";
    assert.deepEqual(target(file(`/projects/api/${path}`)), { kind: "nested", path });
  });

  test("names nothing of this window", () => {
    assert.deepEqual(target(file("/etc/hosts")), { kind: "unknown", text: "/etc/hosts" });
    assert.deepEqual(target("api"), { kind: "unknown", text: "api" });
    assert.deepEqual(target({ scheme: "file" }), { kind: "unknown", text: "[object Object]" });
  });

  test("may lie in a folder that is the root of the file system", () => {
    const root = file("/");
    const found = targetOf(file("/airlock.toml"), () => root);
    assert.deepEqual(found, { kind: "folder", uri: root });
  });
});

function target(argument: unknown) {
  return targetOf(argument, ({ path }) =>
    [api, web].find((folder) => path === folder.path || path.startsWith(`${folder.path}/`)),
  );
}

function file(path: string): UriLike {
  return { scheme: "file", authority: "", path };
}
