import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonModel } from "#core/language/model/json.ts";
import { JsonNodes } from "#core/language/model/jsonNodes.ts";
import { jsonPlaceAt } from "#core/language/model/jsonPlace.ts";
import { randomNumbers } from "#test/fuzz/config.ts";

const rule = (name: string) => `"${name}": {"allow": ["${name}", "b,"], "enabled": true}`;
const texts = [
  `{"network": {"rules": {\n${["a", "b", "c", "d", "e", "f", "g", "h", "i"].map(rule).join(",\n")}\n}}}`,
  `{\n// one, {\n"vm": {"cpus": 2, "memory": "4 GB" /* , } */, }, "a\\"b": {"x": [1, {"y": 2}, "z,"],},\n"env": {"A": "b"}\n}`,
];
const typed = ['"', "{", "}", "[", "]", ",", ":", "\n", "//", "/*", "*/", "\\", '"al', "tru", "{}"];

test("a text read part by part means what it means as a whole, whatever somebody does to it", () => {
  const random = randomNumbers(7);
  for (let run = 0; run < 3000; run++) {
    let text = texts[random(texts.length)] ?? "";
    for (let edits = random(4); edits > 0; edits--) {
      const at = random(text.length + 1);
      const added = typed[random(typed.length)] ?? "";
      text = text.slice(0, at) + added + text.slice(at + random(12));
    }
    const model = jsonModel(text);
    const whole = new JsonNodes(text);
    assert.deepEqual(model.nodes, whole.nodes, text);
    assert.deepEqual([...model.byPath], [...whole.byPath], text);
    const at = random(text.length + 1);
    assert.deepEqual(model.placeAt(at), jsonPlaceAt(text, at), `${at} in ${text}`);
  }
});
