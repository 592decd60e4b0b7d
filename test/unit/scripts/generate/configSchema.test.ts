import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generate } from "../../../../scripts/generate/configSchema.ts";
import { generate as generatePresets } from "../../../../scripts/generate/presets.ts";

type Schema = { properties?: Record<string, Schema>; description?: string } & Record<
  string,
  unknown
>;

const schema = JSON.parse(readFileSync("schemas/airlock.schema.json", "utf8")) as Schema;

test("the committed schemas, types and presets are current", async () => {
  assert.deepEqual([...(await generate(true)), ...generatePresets(true)], []);
});

test("every key is described", () => {
  const missing: string[] = [];
  visit(schema, "", (key, node) => {
    if (key !== "" && node.description === undefined) missing.push(key);
  });
  assert.deepEqual(missing, []);
});

test("defaults, choices and ways to write a value are in the schema", () => {
  assert.equal(at("vm", "harden").default, true);
  assert.equal((at("vm", "image").anyOf as Schema[])[0]?.type, "string");
  assert.equal(at("disk", "size").default, "10 GiB");
  assert.ok((at("network", "policy").enum as string[]).includes("deny-always"));
  assert.ok((at("presets").items as { enum: string[] }).enum.includes("debian"));
});

test("the pattern of sizes accepts what the program accepts", () => {
  const pattern = new RegExp(at("vm", "memory").pattern as string);
  for (const text of ["4GB", "4 gb", "2G", "1.5 GiB", "512 megabytes", "1 TB", "3 bytes", "1b"]) {
    assert.match(text, pattern);
  }
  for (const text of ["4", "4 XB", "GB", "-1 GB"]) assert.doesNotMatch(text, pattern);
});

function at(...names: string[]): Schema {
  let node: Schema | undefined = schema;
  for (const name of names) node = node?.properties?.[name];
  assert.ok(node, names.join("."));
  return node;
}

function visit(node: Schema, key: string, see: (key: string, node: Schema) => void): void {
  see(key, node);
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    visit(child, key === "" ? name : `${key}.${name}`, see);
  }
  const named = node.additionalProperties;
  if (typeof named === "object" && named !== null && "properties" in named) {
    visit(named as Schema, `${key}.*`, see);
  }
}
