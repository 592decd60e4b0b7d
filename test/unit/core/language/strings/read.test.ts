import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "smol-toml";
import { Scalar, stringify as stringifyYaml } from "yaml";
import { parseYaml } from "#core/config/formats/parseYaml.ts";
import { nodeOf } from "#core/language/model/model.ts";
import { readModel } from "#core/language/model/read.ts";
import type { MappedText } from "#core/language/strings/mapped.ts";
import { mappedText } from "#core/language/strings/read.ts";

function valueIn(path: string, text: string): MappedText {
  const model = readModel(path, text);
  const node = nodeOf(model, ["a", "b"]);
  assert.ok(node, text);
  const map = mappedText(model, node.span);
  let last = node.span.start;
  for (const { start, end } of map.spans) {
    assert.ok(start >= last && end >= start && end <= text.length, text);
    last = start;
  }
  assert.equal(map.spans.length, map.text.length);
  return map;
}

const texts = fc
  .array(
    fc.constantFrom(
      "a",
      "--",
      " ",
      "\n",
      "\n\n",
      "  x",
      '"',
      "'",
      "\\",
      "#",
      "\t",
      "ä",
      "😀",
      "]]",
      ": ",
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(""));

test("strings of TOML and JSON stand for what the parsers make of them", () => {
  fc.assert(
    fc.property(texts, (value) => {
      const tree = { a: { b: value } };
      assert.equal(valueIn("x.toml", stringify(tree)).text, value);
      assert.equal(valueIn("x.json", JSON.stringify(tree)).text, value);
      const escaped = value.replace(/[\\"]/g, "\\$&");
      assert.equal(valueIn("x.toml", `[a]\nb = """\n${escaped}"""\n`).text, value);
    }),
    { numRuns: 500 },
  );
});

test("scalars of YAML in all their forms stand for what the parser makes of them", () => {
  const styles = [Scalar.BLOCK_FOLDED, Scalar.BLOCK_LITERAL, Scalar.PLAIN] as const;
  const quotes = [Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE] as const;
  const type = fc.constantFrom(...styles, ...quotes);
  fc.assert(
    fc.property(texts, type, fc.constantFrom(0, 20), (value, defaultStringType, lineWidth) => {
      const options = { defaultStringType, lineWidth, minContentWidth: 0 } as const;
      const text = stringifyYaml({ a: { b: value } }, options);
      const parsed = parseYaml(text).toJS() as { a: { b: string } };
      const read = valueIn("x.yaml", text).text;
      // A block keeps or loses the line breaks at its end by its header, which no reader here needs.
      assert.equal(read.trimEnd(), parsed.a.b.trimEnd(), text);
    }),
    { numRuns: 1000 },
  );
});

test("each character is where it is written, also behind escapes and indentation", () => {
  const spans = (path: string, text: string, part: string) => {
    const map = valueIn(path, text);
    const at = map.text.indexOf(part);
    const first = map.spans[at];
    const last = map.spans[at + part.length - 1];
    return text.slice(first?.start, last?.end);
  };
  assert.equal(spans("x.toml", '[a]\nb = "\\u0041\\tx"', "A\tx"), "\\u0041\\tx");
  assert.equal(spans("x.toml", '[a]\nb = """\\\n   local x"""', "local"), "local");
  assert.equal(spans("x.json", '{"a": {"b": "1\\n\\"two\\""}}', '"two"'), '\\"two\\"');
  assert.equal(spans("x.yaml", "a:\n  b: |2\n      local x\n    end\n", "  local"), "  local");
  assert.equal(spans("x.yaml", "a:\n  b: 'it''s'\n", "it's"), "it''s");
  assert.equal(spans("x.yaml", "a:\n  b: one\n    two\n", "two"), "two");
});
