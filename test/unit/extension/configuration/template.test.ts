import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "#core/config/load.ts";
import { configurationTemplate } from "#extension/configuration/template.ts";

describe("a new configuration", () => {
  test("of an empty folder is valid and has the embedded image", () => {
    assert.equal(load(configurationTemplate([])).config?.vm.image.name, "embedded:base");
  });

  test("has the presets of what the folder contains", () => {
    const { presets } = load(configurationTemplate(["package.json", "Cargo.toml", "src"]));
    assert.deepEqual(presets, ["nodejs", "rust"]);
  });

  test("says whose project it is", () => {
    assert.match(configurationTemplate(["pyproject.toml"]), /this Python project/);
  });

  test("is valid when every example in it is switched on", () => {
    const { config } = load(
      configurationTemplate(["go.mod"]).replaceAll(
        /^# (?=(cpus|memory|size|HOST_USER) =|\[(disk|env)\])/gm,
        "",
      ),
    );
    assert.deepEqual(
      [config?.vm.cpus, config?.vm.memory, config?.disk.size, config?.env.HOST_USER],
      [2, 2 * 2 ** 30, 10 * 2 ** 30, "$USER"],
    );
  });
});

/** The configuration as a start would read it: without an error and without a warning. */
function load(text: string) {
  const source = { scope: "project", path: "/p/airlock.toml", text } as const;
  const host = { platform: "linux", cpus: 4, memoryBytes: 2 ** 33 };
  const result = loadConfig([source], host);
  assert.deepEqual(result.diagnostics, []);
  return result;
}
