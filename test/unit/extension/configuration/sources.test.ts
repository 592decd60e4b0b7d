import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { importDevcontainer } from "#core/config/import/devcontainer.ts";
import { importedToml } from "#core/config/import/imported.ts";
import { devcontainerMarks, templateSources } from "#extension/configuration/sources.ts";
import { configurationTemplate } from "#extension/configuration/template.ts";
import { findings, loadToml } from "#test/support/configs.ts";

describe("what a new configuration can take over", () => {
  test("is nothing in an ordinary folder", () => {
    assert.deepEqual(templateSources(new Set(["package.json"])), []);
  });

  test("is one devcontainer, a Dockerfile, and each assistant once", () => {
    const present = [
      ...[".devcontainer.json", ".devcontainer/devcontainer.json", "Dockerfile"],
      ...[".claude", "CLAUDE.md", ".codex", "AGENTS.md"],
    ];
    assert.deepEqual(
      templateSources(new Set(present)).map((source) =>
        source.kind === "preset" ? [source.preset, source.picked] : source.path,
      ),
      [
        ".devcontainer/devcontainer.json",
        "Dockerfile",
        ["claude-code", true],
        ["openai-codex", true],
      ],
    );
  });

  test("is one of several devcontainers, the one without a name first", () => {
    const named = devcontainerMarks(["web", "api", "devcontainer.json"]);
    const present = new Set(named.filter((mark) => !mark.includes(".json/")));
    const found = (paths: Iterable<string>) =>
      templateSources(new Set(paths)).map((source) =>
        source.kind === "preset" ? [] : [source.path, source.picked],
      );
    assert.deepEqual(found(present), [
      [".devcontainer/api/devcontainer.json", true],
      [".devcontainer/web/devcontainer.json", false],
    ]);
    assert.deepEqual(found([...present, ".devcontainer.json"])[0], [".devcontainer.json", true]);
  });

  test("is not taken for granted where many assistants share a file", () => {
    const [source] = templateSources(new Set(["AGENTS.md"]));
    assert.ok(source?.kind === "preset" && !source.picked);
  });

  test("makes a valid configuration together with the rest", () => {
    const text = '{"image": "a\\"b:1", "forwardPorts": [1], "containerEnv": {"A": "b"}, "x": 1}';
    const imported = importDevcontainer("devcontainer.json", text);
    const toml = configurationTemplate(
      { entries: ["package.json"] },
      {
        presets: ["claude-code"],
        image: imported.image,
        sections: [importedToml(imported)],
      },
    );
    assert.deepEqual(findings(toml), []);
    const { env, network, mounts } = loadToml(toml);
    assert.equal(env.A, "b");
    assert.deepEqual(network.ports.imported?.guest, [1]);
    assert.ok(mounts["claude-settings"]);
    assert.equal(network.policy, "deny-by-default");
    assert.match(toml, /^image = "a\\"b:1"$/m);
    assert.match(toml, /^# Not carried over from devcontainer\.json:\n# - x: /m);
  });
});
