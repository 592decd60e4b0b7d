import assert from "node:assert/strict";
import { test } from "node:test";
import { genericElsewhere } from "#extension/language/otherTools.ts";

test("what another extension completes is left to it, format by format", () => {
  for (const [installed, formats] of [
    [[], []],
    [["tamasfe.even-better-toml"], ["toml"]],
    [["tombi-toml.tombi"], ["toml"]],
    [
      ["redhat.vscode-yaml", "vscode.json-language-features"],
      ["yaml", "json"],
    ],
    [["somebody.else"], []],
  ]) {
    assert.deepEqual(
      genericElsewhere((id) => installed?.includes(id) ?? false),
      formats,
    );
  }
});
