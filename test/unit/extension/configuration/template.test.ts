import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "smol-toml";
import { configurationTemplate } from "#extension/configuration/template.ts";

describe("a new configuration", () => {
  test("of an empty folder is the embedded image with comments", () => {
    assert.deepEqual(read(configurationTemplate([])), { vm: { image: "embedded:base" } });
  });

  test("has the presets of what the folder contains", () => {
    const config = read(configurationTemplate(["package.json", "Cargo.toml", "src"]));
    assert.deepEqual(config.presets, ["nodejs", "rust"]);
  });

  test("says whose project it is", () => {
    assert.match(configurationTemplate(["pyproject.toml"]), /this Python project/);
  });

  test("is valid when every example in it is switched on", () => {
    const all = configurationTemplate(["go.mod"]).replaceAll(
      /^# (?=(cpus|memory|size|HOST_USER) =|\[(disk|env)\])/gm,
      "",
    );
    assert.deepEqual(read(all), {
      vm: { image: "embedded:base", cpus: 2, memory: "2 GB" },
      disk: { size: "10 GB" },
      env: { HOST_USER: "$USER" },
    });
  });
});

function read(toml: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(parse(toml)));
}
