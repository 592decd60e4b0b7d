import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "smol-toml";
import { stringify as stringifyYaml } from "yaml";
import { readDocument } from "#core/config/formats/document.ts";
import { lines } from "#core/config/formats/lines.ts";
import { Leaf, walk } from "#core/config/formats/tree.ts";
import { formatKeyPath } from "#core/config/names/keyPath.ts";
import { readModel } from "#core/language/model/read.ts";
import { placeText } from "#test/support/cursor.ts";
import { type TomlPlace, tomlPlaces } from "#test/support/tomlPlaces.ts";

/** Every place a strict parser knows is where the tolerant model has it, too. */
function assertSamePlaces(path: string, text: string): void {
  const model = readModel(path, text);
  const { range } = lines(text);
  const expected = path.endsWith(".toml") ? tomlPlaces(text) : placesOf(path, text);
  for (const [keyPath, origin] of expected) {
    const found = model.byPath.get(keyPath);
    assert.ok(found, `${keyPath} in ${text}`);
    assert.deepEqual(range(found.span.start, found.span.end), origin?.range, `${keyPath}: ${text}`);
    const key = found.keySpan && range(found.keySpan.start, found.keySpan.end);
    assert.deepEqual(key, origin?.keyRange, `key of ${keyPath}: ${text}`);
  }
}

function placesOf(path: string, text: string): Map<string, TomlPlace | undefined> {
  const { root, places } = readDocument({ scope: "project", path, text });
  assert.ok(root, `${path} is valid: ${text}`);
  const found = new Map([...places].map(([keyPath, origins]) => [keyPath, origins.at(-1)]));
  walk(root, (segments, node) => {
    if (node instanceof Leaf) found.set(formatKeyPath(segments), node.origin);
  });
  return found;
}

const names = fc.oneof(
  fc.constantFrom("vm", "cpus", "a", "b-c", "d_1", "1"),
  fc.string({ maxLength: 6 }).filter((name) => !(name in Object.prototype) && name !== "<<"),
);
const scalar = fc.oneof(
  ...[fc.string({ maxLength: 12 }), fc.boolean(), fc.integer()],
  fc.constantFrom("]", "[x]", "a = 1", "# no comment", '"""', "'''", "\n[x]\n"),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(names, fc.oneof({ maxDepth: 3 }, scalar, fc.array(scalar), tie("tree")), {
    maxKeys: 5,
  }),
}));

test("keys and places of valid TOML, JSON and YAML equal those of the parsers", () => {
  fc.assert(
    fc.property(tree, (value) => {
      const table = value as Record<string, unknown>;
      assertSamePlaces("a.toml", stringify(table));
      assertSamePlaces("a.json", JSON.stringify(table, undefined, 2));
      assertSamePlaces("a.yaml", stringifyYaml(table));
    }),
    { numRuns: 300 },
  );
});

test("tables that stand where others stood before have the keys and places of the parser", () => {
  const body = fc.dictionary(
    fc.constantFrom("a", "b.c", '"b".d', "e"),
    fc.constantFrom(...["1", "'[x]'", '"""\n[y]\n"""', "[\n[1, 2],\n[3]\n]", "{ f.g = 1 }"]),
  );
  const table = fc.record({ name: fc.constantFrom("t", "u.x", "v", "w"), body });
  fc.assert(
    fc.property(fc.uniqueArray(table, { selector: ({ name }) => name }), fc.nat(), (tables, at) => {
      const written = tables.map((each) => tableText(each.name, each.body));
      const list = written.map((text) => text.replace(/^\[(.*)\]/, "[[l.$1]]"));
      const cut = at % (written.length + 1);
      const turned = [...written.slice(cut), ...written.slice(0, cut)];
      for (const texts of [written, turned, [...list, ...turned, ...list], written.slice(cut)]) {
        assertSamePlaces("a.toml", texts.join("\n"));
      }
    }),
    { numRuns: 200 },
  );
});

function tableText(name: string, body: Readonly<Record<string, string>>): string {
  const lines = Object.entries(body).map(([key, value]) => `${key} = ${value} # note`);
  return [`[${name}]`, ...lines, ""].join("\n");
}

test("long YAML has the keys and places of the parser, whatever stood there before", () => {
  const entry = fc.oneof(
    fc.dictionary(names, fc.oneof(scalar, fc.array(scalar)), { maxKeys: 3 }),
    fc.constantFrom("a\n\nb\n", "# no comment", "x: 1", null, []),
  );
  const named = fc.tuple(fc.constantFrom("a", "b-c", "d_1", "E"), entry);
  fc.assert(
    fc.property(fc.array(named, { minLength: 4, maxLength: 12 }), fc.nat(11), (list, at) => {
      const rules = list.map(([name, rule], index) => [`${name}${index}`, rule] as const);
      for (const some of [rules, rules.slice(at), [...rules.slice(at), ...rules.slice(0, at)]]) {
        const table = { vm: { cpus: 2 }, network: { rules: Object.fromEntries(some) }, end: true };
        const text = stringifyYaml(table);
        assertSamePlaces("a.yaml", text);
        assertSamePlaces(
          "a.yaml",
          `# first\n${text.replaceAll(/^(?= {4}[abE])/gm, "    # one\n\n")}`,
        );
      }
    }),
    { numRuns: 100 },
  );
});

test("an error in one entry of long YAML leaves the others what they are", () => {
  const rules = Array.from({ length: 8 }, (_, at) => `    r${at}:\n      allow:\n        - a.b\n`);
  const text = (third: string) => `network:\n  rules:\n${rules.with(3, third).join("")}`;
  const whole = readModel("a.yaml", text("    r3:\n      allow:\n        - a.b\n"));
  for (const third of ["    r3:\n      al\n", "    r3:\n      allow:\n        - a:\n      en\n"]) {
    const { byPath } = readModel("a.yaml", text(third));
    for (const name of ["network.rules.r2.allow[0]", "network.rules.r7.allow[0]"]) {
      const { start = 0, end = 0 } = byPath.get(name)?.span ?? {};
      assert.equal(text(third).slice(start, end), "a.b", `${name} beside ${third}`);
      assert.ok(whole.byPath.has(name));
    }
  }
});

test("TOML in all its forms has the same keys and places as in the parser", () => {
  for (const text of [
    "# first\n\n# second\na.b.c = 1\n# third\n[x.\"y z\"]\n'k' = 'v' # end\n[x]\nlist = [ # one\n  1, # two\n  [true],\n]\n",
    "[[a]]\nb = 1\n[[a]]\nb = { c.d = 2, e = [{ f = 1 }, {}] }\n[a.z]\ny = 3\n",
    's = """\na = 1\n[x]\n"""\nt = \'\'\'\n"\'\'\'\nu = 1979-05-27 07:32:00\r\nv = 0x1f\r\n',
    'a = "\\"#]" # x\n"b\\u0041" = [\n"x"\n,\n]\n[ c . d ]\ne = inf\n',
  ]) {
    assertSamePlaces("a.toml", text);
  }
});

test("half-typed TOML has a place for every cursor", () => {
  const cases: [string, string][] = [
    ["|", 'key  ""'],
    ["[|", 'header ""'],
    ["[network.ru|]\n", 'header "network.ru"'],
    ["[vm]\ncp|", 'key vm "cp"'],
    ["[vm]\n|\n[network]\n", 'key vm ""'],
    ["[vm]\ncpus|= 3", 'key vm "cpus"'],
    ["vm.me|\n", 'key vm "me"'],
    ["vm.|\n", 'key vm ""'],
    ["[network]\npolicy = |", 'value network.policy ""'],
    ['[network]\npolicy = "de|\nx = 1', 'value network.policy "\\"de"'],
    ["[vm]\nkvm = tr| # why\n", 'value vm.kvm "tr"'],
    ['presets = ["debian", |', 'value presets.1 ""'],
    ['presets = ["debian", "no|\n[vm]\n', 'value presets.1 "\\"no"'],
    ['x = [\n  "a",\n[vm]\nc|', 'key vm "c"'],
    ['x = [\n  "a"\nvm.c|', 'value x.1 "vm.c"'],
    ["vm = { image = { na| } }", 'key vm.image "na"'],
    ["vm = { cpus = 1, |", 'key vm ""'],
    ["a = 1 |", "none"],
    ["# |", "none"],
    ["[vm] |", "none"],
    ["a = [ # |\n]", "none"],
  ];
  for (const [marked, expected] of cases) {
    assert.equal(placeText("airlock.toml", marked), expected, marked);
  }
});

test("half-typed JSON has a place for every cursor", () => {
  const cases: [string, string][] = [
    ["{|", 'key  ""'],
    ['{"vm": {"c|"}}', 'key vm "\\"c\\""'],
    ['{"vm": {"cpus": 1, "|', 'key vm "\\""'],
    ['{"network": {"policy": |}}', 'value network.policy ""'],
    ['{"network": {"policy": "de|"}}', 'value network.policy "\\"de\\""'],
    ['{"presets": ["debian", "|"]', 'value presets.1 "\\"\\""'],
    ['{"presets": ["debian", |]', 'value presets.1 ""'],
  ];
  for (const [marked, expected] of cases) {
    assert.equal(placeText("airlock.json", marked), expected, marked);
  }
});

test("half-typed YAML has a place for every cursor", () => {
  const cases: [string, string][] = [
    ["|", 'key  ""'],
    ["net|", 'key  "net"'],
    ["vm:\n  c|", 'key vm "c"'],
    ["vm:\n  cpus: 1\n  |", 'key vm ""'],
    ["vm:\n  cpus: 1\n|", 'key  ""'],
    ["vm:\n  cp|: 1\n", 'key vm "cp"'],
    ["vm:\n  cpus: 1\n  me|\nnetwork: {}\n", 'key vm "me"'],
    ["network:\n  policy: de|", 'value network.policy "de"'],
    ["network:\n  policy: |", 'value network.policy ""'],
    ["presets: [debian, no|]", 'value presets.1 "no"'],
    ["presets:\n  - debian\n  - |", 'value presets.1 ""'],
    ['network: {policy: "de|"}', 'value network.policy "\\"de\\""'],
    ["vm: {cpus: 1, |}", 'key vm ""'],
    ["vm: # |", "none"],
  ];
  for (const [marked, expected] of cases) {
    assert.equal(placeText("airlock.yaml", marked), expected, marked);
  }
});

test("hostile texts are read in no time", () => {
  for (const path of ["a.toml", "a.json"]) {
    for (const piece of ["[", "a = [", "{a = ", '"""', "a.", "[a.b]\n", '[\n"']) {
      const startedAt = performance.now();
      readModel(path, piece.repeat(20_000)).placeAt(5);
      assert.ok(performance.now() - startedAt < 5000, `${path} ${piece}`);
    }
  }
});
