import assert from "node:assert/strict";
import { test } from "node:test";
import { Leaf, type Tree, TreeBuilder } from "#core/config/formats/tree.ts";
import { readWholeYaml, readYaml } from "#core/config/formats/yaml.ts";
import { yamlPieces } from "#core/config/formats/yamlPieces.ts";
import { randomNumbers } from "#test/fuzz/config.ts";

const text = `# head
presets: [a, b]
vm:
  # own
  cpus: 2
  memory: 4 GB # c
env:
  A: |
    text

  B: >-
    folded
  C: 'q: r'
  D: "*"
  E:
  F: 007
  constructor: 1
network:
  rules:
    a:
      allow:
        - x
        - "*.y"
      enabled: true
    b: {allow: [z], enabled: false}
    c:
      deny: [ q,
        r ]
`;
const typed = [
  "\n",
  "  ",
  ":",
  "- ",
  "#",
  '"',
  "|",
  "&a ",
  "*a",
  "{",
  "}",
  ",",
  "A: ",
  "<<: ",
  "\r\n",
];

test("a text read piece by piece says what it says as a whole, whatever somebody does to it", () => {
  const random = randomNumbers(5);
  let inPieces = 0;
  for (let run = 0; run < 1000; run++) {
    let edited = text;
    for (let edits = random(4); edits > 0; edits--) {
      const at = random(edited.length + 1);
      const added = typed[random(typed.length)] ?? "";
      edited = edited.slice(0, at) + added + edited.slice(at + random(4));
    }
    if (yamlPieces(edited) !== undefined) inPieces += 1;
    assert.deepEqual(said(readYaml, edited), said(readWholeYaml, edited), edited);
  }
  assert.ok(inPieces > 100, `${inPieces} texts`);
});

/** All that is read: values, with how they are written, and places and problems. */
function said(read: typeof readYaml, edited: string) {
  const builder = new TreeBuilder("project", "airlock.yaml");
  const root = read(edited, builder);
  const { places, diagnostics } = builder;
  return { root: root && plain(root), places: [...places], diagnostics };
}

function plain(tree: Tree): unknown {
  if (tree instanceof Leaf)
    return { value: tree.value, origin: tree.origin, source: tree.source() };
  if (Array.isArray(tree)) return tree.map(plain);
  return Object.entries(tree).map(([key, child]) => [key, plain(child)]);
}
