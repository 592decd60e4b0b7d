import assert from "node:assert/strict";
import { test } from "node:test";
import { effectiveDocument } from "#extension/configuration/effectiveText.ts";

test("the program's answer is the document", () => {
  const start = { line: 2, column: 3 };
  const answer = {
    text: "a = 1 # airlock.toml:2:3 (project)\n",
    links: [
      { line: 1, column: 9, text: "airlock.toml:2:3 (project)", path: "/p/airlock.toml", start },
    ],
  };
  assert.deepEqual(
    effectiveDocument(
      JSON.stringify({ ...answer, hasErrors: false, presets: [], values: [] }),
      "x",
    ),
    answer,
  );
});

test("below errors stands what the rest amounts to, with its links", () => {
  const start = { line: 2, column: 3 };
  const link = { line: 2, column: 9, text: "airlock.toml:2:3", path: "/p/airlock.toml", start };
  const answer = { text: "[vm]\na = 1 # airlock.toml:2:3\n", links: [link] };
  const stdout = JSON.stringify({ ...answer, hasErrors: true, presets: [], values: [] });
  const { text, links } = effectiveDocument(stdout, "/p/airlock.toml:3:8: error: too many\n");
  const lines = text.split("\n");
  assert.equal(lines[1], "# /p/airlock.toml:3:8: error: too many");
  assert.equal(links.length, 2);
  for (const { line, column, text: words } of links) {
    assert.ok(lines[line - 1]?.slice(column - 1).startsWith(words), `${words} in ${line}`);
  }
});

test("errors are a document of comments, with links to their places", () => {
  const stderr = "/p/airlock.toml:3:8: error: too many\n/h/a b.yaml:1:1: warning: odd\nnoise";
  const { text, links } = effectiveDocument("", stderr);
  const lines = text.split("\n");
  assert.equal(lines[0], "# The configuration has errors:");
  assert.equal(links.length, 2);
  for (const { line, column, text: words } of links) {
    assert.ok(lines[line - 1]?.slice(column - 1).startsWith(words));
  }
  assert.deepEqual(links[1]?.path, "/h/a b.yaml");
});
