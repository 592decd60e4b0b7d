import assert from "node:assert/strict";
import { test } from "node:test";
import { credentialPlaces, isHelperName } from "#core/oci/registry/dockerConfig.ts";

const entry = { auth: "YTpi" };

test("the registry's own helper comes before the store of all, and both before the file", () => {
  const config = {
    auths: { "images.example": entry },
    credHelpers: { "images.example": "own" },
    credsStore: "all",
  };
  const fromFile = { kind: "entry", entry };
  const own = { kind: "helper", helper: "own", server: "images.example" };
  assert.deepEqual(credentialPlaces(config, "images.example"), [own, fromFile]);
  const { credHelpers: _, ...others } = config;
  const all = { kind: "helper", helper: "all", server: "images.example" };
  assert.deepEqual(credentialPlaces(others, "images.example"), [all, fromFile]);
  assert.deepEqual(credentialPlaces({ auths: config.auths }, "images.example"), [fromFile]);
  assert.deepEqual(credentialPlaces({ auths: config.auths }, "images.example:5000"), []);
});

test("entries are found however their server is written", () => {
  for (const name of ["https://images.example", "http://images.example/v1/", "images.example/"]) {
    const places = credentialPlaces({ auths: { [name]: entry } }, "images.example");
    assert.deepEqual(places, [{ kind: "entry", entry }]);
  }
});

test("helpers are names of programs, never paths", () => {
  for (const name of ["osxkeychain", "ecr-login", "pass", "a.b_c"]) assert.ok(isHelperName(name));
  for (const name of ["", "../x", "a/b", "-x", ".x", "a b"]) assert.ok(!isHelperName(name));
});
