import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMirror, registryEndpoints } from "#core/oci/registry/endpoints.ts";

test("mirrors come first, in their order, and the registry last", () => {
  const mirrors = ["mirror.example/team", "http://10.0.0.1:5000", "bad mirror"];
  const endpoints = registryEndpoints("images.example", { mirrors, insecure: false });
  assert.deepEqual(
    endpoints.map(({ origin, prefix, isMirror }) => [origin, prefix, isMirror]),
    [
      ["https://mirror.example", "team/", true],
      ["http://10.0.0.1:5000", "", true],
      ["https://images.example", "", false],
    ],
  );
  const [only] = registryEndpoints("images.example:80", { mirrors: [], insecure: true });
  assert.equal(only?.origin, "http://images.example:80");
});

test("a mirror is a host, perhaps with a scheme, a port and a prefix", () => {
  assert.equal(parseMirror("https://mirror.example/v2/")?.prefix, "");
  assert.equal(parseMirror("[::1]:5000/a/b")?.host, "[::1]:5000");
  for (const text of ["", "ftp://a", "a b", "a?b", "user@host"]) {
    assert.equal(parseMirror(text), undefined, text);
  }
});
