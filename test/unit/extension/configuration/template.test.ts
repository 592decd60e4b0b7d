import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "#core/config/load.ts";
import { configurationTemplate } from "#extension/configuration/template.ts";

describe("a new configuration", () => {
  test("of an empty folder is valid and has the embedded image", () => {
    assert.equal(load(template()).config?.vm.image.name, "embedded:base");
  });

  test("has the image and the presets of what the folder contains", () => {
    for (const [mark, image, presets] of [
      ["package.json", "node:24", ["debian", "nodejs"]],
      ["pyproject.toml", "python:3.14", ["debian", "python"]],
      ["Cargo.toml", "rust:1", ["debian", "rust"]],
      ["go.mod", "golang:1", ["debian"]],
      ["Gemfile", "ruby:3", ["debian"]],
      ["pom.xml", "eclipse-temurin:25", ["debian"]],
    ] as const) {
      const text = template([mark, "src"]);
      const loaded = load(text);
      assert.equal(loaded.config?.vm.image.name, image);
      assert.deepEqual(loaded.presets, presets);
      assert.match(text, /^# image = "embedded:base"$/m);
    }
  });

  test("has all presets of several ecosystems, and the other images as examples", () => {
    const text = template(["package.json", "Cargo.toml"]);
    const { config, presets } = load(text);
    assert.deepEqual(presets, ["debian", "nodejs", "rust"]);
    assert.equal(config?.vm.image.name, "node:24");
    assert.match(text, /^# An image with Rust:\n# image = "rust:1"$/m);
  });

  test("has the version that the project asks for", () => {
    for (const [mark, file, content, image] of [
      ["package.json", ".nvmrc", "v22.3.0\n", "node:22"],
      ["package.json", ".node-version", "20", "node:20"],
      ["package.json", ".nvmrc", "lts/*", "node:24"],
      ["setup.py", ".python-version", "3.12.4\n", "python:3.12"],
      ["Cargo.toml", "rust-toolchain.toml", '[toolchain]\nchannel = "1.80"\n', "rust:1.80"],
      ["Cargo.toml", "rust-toolchain", "nightly\n", "rust:1"],
      ["go.mod", "go.mod", "module a\n\ngo 1.23.1\n", "golang:1.23"],
    ] as const) {
      const text = configurationTemplate({ entries: [mark, file], texts: { [file]: content } });
      assert.equal(load(text).config?.vm.image.name, image);
    }
  });

  test("has an image that was taken over, and nothing of a system that it may not be", () => {
    const { config, presets } = load(
      configurationTemplate({ entries: ["package.json"] }, { image: "mine:1" }),
    );
    assert.equal(config?.vm.image.name, "mine:1");
    assert.deepEqual(presets, ["nodejs"]);
  });

  test("limits what an assistant may reach from the beginning, and nothing else", () => {
    const { config } = load(configurationTemplate({ entries: [] }, { presets: ["claude-code"] }));
    assert.equal(config?.network.policy, "deny-by-default");
    assert.equal(load(template(["go.mod"])).config?.network.policy, "allow-always");
  });

  test("says whose project it is", () => {
    assert.match(template(["pyproject.toml"]), /this Python project/);
  });

  test("is valid when every example in it is switched on", () => {
    const { config } = load(
      template(["go.mod"]).replaceAll(
        /^# (?=(cpus|memory|policy|size|HOST_USER) =|\[(network|disk|env)\])/gm,
        "",
      ),
    );
    assert.deepEqual(
      [config?.vm.cpus, config?.vm.memory, config?.disk.size, config?.env.HOST_USER],
      [2, 2 * 2 ** 30, 10 * 2 ** 30, "$USER"],
    );
    assert.equal(config?.network.policy, "deny-by-default");
  });
});

function template(entries: readonly string[] = []): string {
  return configurationTemplate({ entries });
}

/** The configuration as a start would read it: without an error and without a warning. */
function load(text: string) {
  const source = { scope: "project", path: "/p/airlock.toml", text } as const;
  const host = { platform: "linux", cpus: 4, memoryBytes: 2 ** 33 };
  const result = loadConfig([source], host);
  assert.deepEqual(result.diagnostics, []);
  return result;
}
