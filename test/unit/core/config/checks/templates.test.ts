// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Position } from "#core/config/types.ts";
import { load } from "#test/support/configs.ts";

/** Each text with the wrong part of a template between `«` and `»`. */
const documents: [path: string, marked: string][] = [
  ["airlock.toml", 'env.A = "a ${B«-»c}"\n'],
  ["airlock.toml", "env.A = '''\na\n  «${B:c»'''\n"],
  ["airlock.toml", 'env.A = "\\u0041 «\\\\x» $B"\n'],
  ["airlock.toml", 'env.A = """\\\n   a «$»- """\n'],
  ["airlock.json", '{"env": {"A": "\\u0041\\t«\\\\x»"}}'],
  ["airlock.json", '{\n "env": {"A": "😀 «$» "}}'],
  ["airlock.yaml", "env:\n  A: a $«{»\n"],
  ["airlock.yaml", "env:\n  A: 'it''s «$»!'\n"],
  ["airlock.yaml", 'env:\n  A: "\\x41 «$»"\n'],
  ["airlock.yaml", "env:\n  A: |\n    one\n      «$» two\n"],
  ["airlock.yaml", "env:\n  A: >-\n    one\n    two «$»\n"],
  ["airlock.yaml", "daemons:\n  d: {command: [x], env: {A: one\n    «$»-two}}\n"],
];

for (const [path, marked] of documents) {
  test(`${JSON.stringify(marked)} in ${path}: only the wrong part is marked`, () => {
    const { diagnostics } = load({ [path]: marked.replace(/[«»]/g, "") });
    assert.equal(diagnostics.length, 1, JSON.stringify(diagnostics));
    const start = marked.indexOf("«");
    const end = marked.indexOf("»") - 1;
    const text = marked.replace(/[«»]/g, "");
    assert.deepEqual(diagnostics[0]?.range, {
      start: positionAt(text, start),
      end: positionAt(text, end),
    });
  });
}

test("a template that stands somewhere else than its use is marked as a whole", () => {
  const { diagnostics } = load({ "airlock.yaml": "env:\n  A: &a a$\n  B: *a\n" });
  assert.deepEqual(
    diagnostics.map(({ keyPath, range }) => [keyPath, range.start, range.end]),
    [
      ["env.A", { line: 2, column: 10 }, { line: 2, column: 11 }],
      ["env.B", { line: 3, column: 6 }, { line: 3, column: 8 }],
    ],
  );
});

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
