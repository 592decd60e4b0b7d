// The same project in TOML, JSON and YAML: every feature says the same about it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDocument } from "#core/config/formats/document.ts";
import { toPlain } from "#core/config/formats/tree.ts";
import { writeKey } from "#core/language/completion/items.ts";
import { placesOf, subjectAt } from "#core/language/entries.ts";
import { applyEdits } from "#core/language/fixes/edits.ts";
import { hoverAt } from "#core/language/hover.ts";
import { hintsOf, lensesOf } from "#core/language/lenses.ts";
import { linksOf } from "#core/language/links.ts";
import { nodeOf } from "#core/language/model/model.ts";
import { readModel } from "#core/language/model/read.ts";
import { foldsOf, type OutlineItem, symbolsOf } from "#core/language/symbols.ts";
import { labels, languageContext } from "#test/support/language.ts";

const texts = {
  toml: `presets = ["debian"]
[vm]
image = "oci:./mine"
cpus = 2
[network]
policy = "deny-by-default"
[network.rules.web]
allow = [
  "a.example",
  "b.example",
]
[mounts.keys]
source = "./keys"
target = "/keys"
`,
  json: `{
  "presets": ["debian"],
  "vm": {"image": "oci:./mine", "cpus": 2},
  "network": {
    "policy": "deny-by-default",
    "rules": {"web": {"allow": [
      "a.example",
      "b.example"
    ]}}
  },
  "mounts": {"keys": {"source": "./keys", "target": "/keys"}}
}
`,
  yaml: `presets: [debian]
vm:
  image: oci:./mine
  cpus: 2
network:
  policy: deny-by-default
  rules:
    web:
      allow:
        - a.example
        - b.example
mounts:
  keys:
    source: ./keys
    target: /keys
`,
} as const;
const others = { "airlock.local.toml": "vm.cpus = 1\n[mounts.keys]\nread_only = true\n" };

for (const format of ["toml", "json", "yaml"] as const) {
  const path = `airlock.${format}`;
  const text = texts[format];
  const context = { ...languageContext(path, text), ...afterwards(path, text) };
  const spanOf = (...segments: (string | number)[]) => {
    const node = nodeOf(context.model, segments);
    assert.ok(node);
    return node;
  };
  const written = ({ start, end }: { start: number; end: number }) => text.slice(start, end);

  test(`${format}: the outline has every key, below the tables around it`, () => {
    const leaves = ({ name, children }: OutlineItem, above: string): string[] => {
      const full = above === "" ? name : `${above}.${name}`;
      return children.length === 0 ? [full] : children.flatMap((child) => leaves(child, full));
    };
    const found = symbolsOf(context.model).flatMap((item) => leaves(item, ""));
    assert.deepEqual(found.sort(), [
      ...["mounts.keys.source", "mounts.keys.target", "network.policy", "network.rules.web.allow"],
      ...["presets", "vm.cpus", "vm.image"],
    ]);
  });

  test(`${format}: tables and lists over several lines fold`, () => {
    const folded = foldsOf(context.model).map(written);
    assert.ok(folded.some((each) => each.includes("b.example") && !each.includes("policy")));
    assert.ok(folded.every((each) => each.trimEnd().includes("\n")));
  });

  test(`${format}: lenses and hints tell what is in force`, () => {
    assert.deepEqual(
      lensesOf(context).map(({ title }) => title),
      ["Start or Stop Sandbox", "oci:./mine: 12 MiB", "2 network rules in effect"],
    );
    const hints = hintsOf(context, { start: 0, end: text.length });
    const { end } = spanOf("vm", "cpus").span;
    assert.deepEqual(hints, [{ offset: end, text: "1 in airlock.local.toml" }]);
  });

  test(`${format}: hover knows the value in force and where it comes from`, () => {
    const { keySpan } = spanOf("vm", "cpus");
    const { markdown = "" } = hoverAt(context, keySpan?.start ?? 0) ?? {};
    assert.match(markdown, /In force: `1`/);
    assert.match(markdown, /airlock\.local\.toml:1.*in force\n.*overridden/);
  });

  test(`${format}: links lead where the values do`, () => {
    assert.deepEqual(
      linksOf(context)
        .map(({ span }) => written(span))
        .sort(),
      ["./keys", "./mine"],
    );
  });

  test(`${format}: an entry is renamed everywhere, and stays what it is`, () => {
    const { keySpan } = spanOf("mounts", "keys");
    const subject = subjectAt(context.model, context.schema, keySpan?.start ?? 0);
    assert.deepEqual(subject?.kind === "entry" && subject.segments, ["mounts", "keys"]);
    for (const [each, before] of Object.entries({ ...others, [path]: text })) {
      const model = readModel(each, before);
      const newText = writeKey("my keys", model.format);
      assert.ok(newText !== undefined && subject !== undefined);
      const spans = placesOf(model, context.schema, subject);
      const after = applyEdits(
        before,
        spans.map((span) => ({ span, newText })),
      );
      const renamed = JSON.stringify(plain(each, before)).replace('"keys":', '"my keys":');
      assert.deepEqual(plain(each, after), JSON.parse(renamed));
    }
  });

  test(`${format}: keys, choices and names that are not there yet are proposed`, () => {
    const at = ({ start }: { start: number }, marked = text) =>
      labels(path, `${marked.slice(0, start)}|${marked.slice(start)}`, others);
    const policy = spanOf("network", "policy").span;
    const inside = { start: policy.start + (format === "yaml" ? 0 : 1), end: policy.end };
    assert.ok(at(inside).includes("allow-by-default"));
    const keys = at(spanOf("vm", "cpus").keySpan ?? policy);
    assert.ok(keys.includes("cpus") && keys.includes("memory") && !keys.includes("image"));
    const presets = at({ ...spanOf("presets", 0).span });
    assert.ok(presets.includes("nodejs"), presets.join());
  });
}

/** What belongs to the project once the other files are there. */
function afterwards(path: string, text: string) {
  const { result } = languageContext("airlock.local.toml", others["airlock.local.toml"], {
    [path]: text,
  });
  return result === undefined ? {} : { result };
}

function plain(path: string, text: string): unknown {
  const { root } = readDocument({ scope: "project", path, text });
  assert.ok(root, text);
  return toPlain(root);
}
