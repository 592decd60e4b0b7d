import assert from "node:assert/strict";
import { test } from "node:test";
import { configFileSchema } from "#core/config/schema.ts";
import { writeKey } from "#core/language/completion/items.ts";
import { placesOf, renameProblem, subjectAt } from "#core/language/entries.ts";
import { readModel } from "#core/language/model/read.ts";
import { foldsOf, type OutlineItem, symbolsOf } from "#core/language/symbols.ts";
import { atCursor } from "#test/support/cursor.ts";
import { languageContext } from "#test/support/language.ts";

/** The text with every place of what is named at the cursor in brackets. */
function marked(path: string, cursor: string): string {
  const { text, offset } = atCursor(cursor);
  const model = readModel(path, text);
  const subject = subjectAt(model, configFileSchema, offset);
  if (subject === undefined) return "nothing";
  return placesOf(model, configFileSchema, subject)
    .sort((a, b) => b.start - a.start)
    .reduce(
      (all, { start, end }) => `${all.slice(0, start)}<${all.slice(start, end)}>${all.slice(end)}`,
      text,
    );
}

test("an entry is found wherever a header, a dotted key or a table names it", () => {
  assert.equal(
    marked("a.toml", '[daemons.w|eb]\n[daemons.web.env]\nX = "1"\n[daemons]\n"web".cwd = "/"\n'),
    '[daemons.<web>]\n[daemons.<web>.env]\nX = "1"\n[daemons]\n<"web">.cwd = "/"\n',
  );
  assert.equal(
    marked("a.toml", "network = { rules.a.allow = [], ports = { |a = {} } }\n"),
    "network = { rules.a.allow = [], ports = { <a> = {} } }\n",
  );
  assert.equal(marked("a.json", '{"mask": {"|m": {}}}'), '{"mask": {<"m">: {}}}');
  assert.equal(marked("a.yaml", "mask:\n  m|: {}\n"), "mask:\n  <m>: {}\n");
});

test("a preset is found; keys, sections and variables are no entries", () => {
  assert.equal(marked("a.toml", 'presets = ["de|bian"]'), 'presets = [<"debian">]');
  for (const text of ["[v|m]", "vm.cp|us = 1", '[env]\nX| = "1"', "# |"]) {
    assert.equal(marked("a.toml", text), "nothing", text);
  }
});

test("a new name is quoted where it has to be, and refused where it cannot be", () => {
  assert.equal(writeKey("a-b", "toml"), "a-b");
  assert.equal(writeKey("a b", "toml"), '"a b"');
  assert.equal(writeKey("a", "json"), '"a"');
  for (const name of ["null", "1e3", "007", "-a"]) {
    assert.equal(writeKey(name, "yaml"), JSON.stringify(name));
  }
  for (const name of ["", "..", "a/b", "a\nb", "a\u0085b", "constructor", "x".repeat(201)]) {
    assert.match(refusal("[mounts.k|eys]\n", name) ?? "", /cannot be used as a name/, name);
  }
  assert.equal(refusal("[mounts.k|eys]\n", "my keys"), undefined);
});

test("a name that is taken in any file or preset is refused, the own one is not", () => {
  const others = { "airlock.local.toml": "network.rules.other.allow = []\n" };
  const text = 'presets = ["debian"]\n[network.rules.w|eb]\n[network.rules.own]\n';
  for (const taken of ["own", "other", "debian-packages"]) {
    const message = `There is an entry \`network.rules.${taken}\` already.`;
    assert.equal(refusal(text, taken, others), message);
  }
  assert.equal(refusal(text, "web", others), undefined);
  assert.equal(refusal(text, "policy", others), undefined);
});

test("an entry of a preset keeps its name, which the file only refers to", () => {
  const text = 'presets = ["debian"]\nnetwork.rules.debian-pack|ages.enabled = false\n';
  assert.match(refusal(text) ?? "", /an entry of the preset `debian`, which keeps its name/);
  assert.match(refusal(text, "mine") ?? "", /an entry of the preset/);
  assert.equal(refusal(text.replace('"debian"', "")), undefined);
  assert.equal(refusal('presets = ["de|bian"]'), "Only named entries can be renamed.");
});

function refusal(
  cursor: string,
  name?: string,
  others: Readonly<Record<string, string>> = {},
): string | undefined {
  const { text, offset } = atCursor(cursor);
  const context = languageContext("airlock.toml", text, others);
  return renameProblem(context, subjectAt(context.model, context.schema, offset), name);
}

test("the outline nests what stands below a header, and tables of many lines fold", () => {
  const text = 'presets = [\n  "debian",\n]\n[vm]\ncpus = 1\nimage = { name = "x" }\n\n[disk]\n';
  const model = readModel("a.toml", text);
  const show = ({ name, children }: OutlineItem): string =>
    children.length === 0 ? name : `${name}(${children.map(show).join(" ")})`;
  assert.deepEqual(symbolsOf(model).map(show), ["presets", "vm(cpus image(name))", "disk"]);
  assert.deepEqual(
    foldsOf(model).map(({ start, end }) => text.slice(start, end).split("\n").length),
    [3, 3],
  );
});
