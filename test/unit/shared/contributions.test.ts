import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { commands, contextKeys, extensionId, settings } from "#shared/contributions.ts";
import { manifest } from "../../../scripts/generate/manifest.ts";

const packageJson = JSON.parse(readFileSync("package.json", "utf8"));

describe("what the extension contributes", () => {
  test("is in package.json exactly as declared", () => {
    for (const [key, value] of Object.entries(manifest())) {
      assert.deepEqual(packageJson[key], JSON.parse(JSON.stringify(value)), key);
    }
    assert.equal(extensionId, `${packageJson.publisher}.${packageJson.name}`);
  });

  test("has ids that begin with the product's name and are given once", () => {
    const ids = [
      ...Object.values(commands).map(({ id }) => id),
      ...Object.values(settings).map(({ id }) => id),
      ...Object.values(contextKeys),
    ];
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.every((id) => id.startsWith("airlock.")));
  });

  test("uses in its conditions only context keys that exist", () => {
    const known = new Set<string>(Object.values(contextKeys));
    const used = Object.values(commands)
      .flatMap((command) => ("when" in command ? command.when.split(/\W*(?:&&|\|\||!)\W*/) : []))
      .filter((key) => key.startsWith("airlock."));
    assert.ok(used.length > 0);
    for (const key of used) assert.ok(known.has(key), key);
  });
});
