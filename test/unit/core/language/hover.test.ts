import assert from "node:assert/strict";
import { test } from "node:test";
import { hoverAt } from "#core/language/hover.ts";
import { atCursor } from "#test/support/cursor.ts";
import { languageContext } from "#test/support/language.ts";

function hover(path: string, marked: string, others: Readonly<Record<string, string>> = {}) {
  const { text, offset } = atCursor(marked);
  const found = hoverAt(languageContext(path, text, others), offset);
  return found && { word: text.slice(found.span.start, found.span.end), ...found };
}

test("a key shows its documentation, its choices and its default", () => {
  const found = hover("airlock.toml", '[network]\npo|licy = "deny-always"\n');
  assert.equal(found?.word, "policy");
  assert.match(found?.markdown ?? "", /\*\*`network\.policy`\*\*/);
  assert.match(found?.markdown ?? "", /One of `allow-always`, `deny-always`/);
  assert.match(found?.markdown ?? "", /Default: `allow-always`/);
});

test("keys of named entries are documented in every format", () => {
  const toml = hover("airlock.toml", '[mounts."a.b"]\nr|ead_only = true');
  assert.match(toml?.markdown ?? "", /may only read/);
  const yaml = hover("airlock.yaml", "daemons:\n  d:\n    ti|meout: 3");
  assert.match(yaml?.markdown ?? "", /Seconds to wait/);
  const json = hover("airlock.json", '{"v|m": {"cpus": 3}}');
  assert.match(json?.markdown ?? "", /The virtual machine/);
});

test("a key shows the value in force and everybody who set it, with links", () => {
  const found = hover("airlock.toml", '[vm]\nme|mory = "1 GB"\n', {
    "~/.airlock/config.toml": 'vm.memory = "512 MB"',
    "airlock.local.toml": 'vm.memory = "2 GB"',
  });
  // The files are loaded in the order given here, the hovered one last.
  assert.match(found?.markdown ?? "", /In force: `1 GiB`/);
  assert.match(
    found?.markdown ?? "",
    /- `"1 GB"` — \[airlock\.toml:2\]\(file:\/\/\/airlock\.toml#2,10\) \(project\), in force/,
  );
  assert.match(found?.markdown ?? "", /`"512 MB"` — \[config\.toml:1\].*\(user\), overridden/);
});

test("beside an error elsewhere a key still shows the value in force and who set it", () => {
  for (const wrong of ["cpus = 0", "cpus = ", "[network.rules."]) {
    const found = hover("airlock.toml", `[vm]\nme|mory = "1 GB"\n${wrong}\n`, {
      "airlock.local.toml": 'vm.memory = "2 GB"',
    });
    assert.match(found?.markdown ?? "", /In force without the errors: `1 GiB`/, wrong);
    assert.match(found?.markdown ?? "", /`"1 GB"` — \[airlock\.toml:2\].*, in force\n/, wrong);
    assert.match(found?.markdown ?? "", /`"2 GB"` — .*, overridden/, wrong);
  }
  const own = hover("airlock.toml", "[vm]\ncp|us = 0\n");
  assert.match(own?.markdown ?? "", /In force without the errors: `8`[\s\S]*`0` — .*, invalid/);
});

test("a preset shows what is in it", () => {
  const found = hover("airlock.toml", 'presets = ["no|dejs"]');
  assert.match(found?.markdown ?? "", /Preset `nodejs`[\s\S]*nodejs-packages/);
});

test("elements of lists each have their own place, those of presets with a link", () => {
  const list = 'presets = ["debian"]\n[network.rules.debian-packages]\nallow = ["a|.example"]\n';
  const others = { "airlock.local.toml": 'network.rules.debian-packages.allow = ["b.example"]' };
  const element = hover("airlock.toml", list, others);
  assert.equal(element?.word, '"a.example"');
  for (const line of [
    /\*\*`network\.rules\.debian-packages\.allow`\*\*/,
    /^1\. `\*\.debian\.org` — \[preset debian:4\]\(preset:debian#4\)$/m,
    /^\d\. `b\.example` — \[airlock\.local\.toml:1\]\(\S+\) \(local\)$/m,
    /^\d\. \*\*`a\.example`\*\* — \[airlock\.toml:3\]\(\S+\) \(project\)$/m,
  ]) {
    assert.match(element?.markdown ?? "", line);
  }
  const key = hover("airlock.toml", list.replace("|", "").replace("allow", "al|low"), others);
  assert.match(key?.markdown ?? "", /Targets the sandbox may reach[\s\S]*\n\d\. `a\.example` — /);
  const yaml = "mask:\n  m:\n    paths:\n      - x\n      - y|\n";
  assert.match(
    hover("airlock.yaml", yaml)?.markdown ?? "",
    /2\. \*\*`y`\*\* — \[airlock\.yaml:5\]/,
  );
  assert.equal(hover("airlock.toml", 'x = ["a|"]'), undefined);
});

test("what another tool tells from the schema is left out", () => {
  const { text, offset } = atCursor("[vm]\ncp|us = 2\n");
  const context = languageContext("airlock.toml", text);
  const found = hoverAt(context, offset, { isDocumentedElsewhere: true });
  assert.match(found?.markdown ?? "", /^In force: `2`/);
  assert.equal(hoverAt(context, 1, { isDocumentedElsewhere: true }), undefined);
});

test("a broken file still documents its keys; values and unknown keys show nothing", () => {
  assert.match(hover("airlock.toml", "vm = [\n[vm]\ncp|us = \n[x")?.markdown ?? "none", /none/);
  assert.match(hover("airlock.toml", "x = [\n[vm]\ncp|us = 3\n[x")?.markdown ?? "", /virtual CPUs/);
  assert.equal(hover("airlock.toml", "vm.cpus = 3|"), undefined);
  assert.equal(hover("airlock.toml", "f|oo = 3"), undefined);
});
