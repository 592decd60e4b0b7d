// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsSchema } from "#core/config/settings.ts";
import { completeAt } from "#core/language/completion/complete.ts";
import { atCursor } from "#test/support/cursor.ts";
import { accept, labels, languageContext } from "#test/support/language.ts";

/** A value being typed at the cursor, as each format has it. */
function documents(key: string, typed: string): [path: string, marked: string][] {
  const names = key.split(".");
  const braces = names.map((name) => `{"${name}": `).join("");
  const block = names.map((name, depth) => `${"  ".repeat(depth)}${name}:`).join("\n");
  return [
    ["airlock.toml", `${key} = "${typed}"\n`],
    ["airlock.toml", `${key} = '${typed}`],
    ["airlock.json", `${braces}"${typed}"${"}".repeat(names.length)}`],
    ["airlock.json", `${braces}"${typed}\n${"}".repeat(names.length)}`],
    ["airlock.yaml", `${block} ${typed}\nvm:\n  cpus: 2\n`],
    ["airlock.yaml", `${block} ${typed}`],
    ["airlock.yaml", `${block} "${typed}"\n`],
    ["airlock.yaml", `${block} '${typed}'\n`],
  ];
}

test("behind `$` and `${` stand the variables of the host", () => {
  for (const typed of [
    "$|",
    "$HO|",
    "${|",
    "${HO|",
    "a/${HO|",
    "a b $HO|",
    "$A:${H|",
    "${A}-$H|",
  ]) {
    for (const [path, marked] of documents("env.A", typed)) {
      assert.deepEqual(labels(path, marked), ["HOME", "HOST_TOKEN"], `${path}: ${marked}`);
    }
  }
});

test("a variable is put in with the brace that is still missing", () => {
  for (const [typed, accepted] of [
    ["${HO|", "${HOME}"],
    ["${HO|}", "${HOME}"],
    ["x-$HO|", "x-$HOME"],
  ] as const) {
    for (const [path, marked] of documents("daemons.d.env.A", typed)) {
      const wanted = marked.replace(typed, accepted);
      assert.equal(accept(path, marked, "HOME"), wanted, path);
    }
  }
});

test("paths of the host and of the project continue with what is there", () => {
  const typings: [key: string, typed: string, accepted: string][] = [
    ["mounts.m.source", "./s|", "./src/"],
    ["vm.kernel", "./|", "./a.txt"],
    ["vm.image", "oci:./s|", "oci:./src/"],
    ["vm.image", "docker-archive:./a|", "docker-archive:./a.txt"],
    ["vm.image.name", "oci-archive:./|", "oci-archive:./a.txt"],
  ];
  for (const [key, typed, accepted] of typings) {
    const label = accepted.endsWith("/") ? "src" : "a.txt";
    for (const [path, marked] of documents(key, typed)) {
      assert.equal(accept(path, marked, label), marked.replace(typed, accepted), path);
    }
  }
});

test("elements of lists are paths, too", () => {
  for (const [path, marked] of [
    ["airlock.toml", '[mask.m]\npaths = ["b", "./|"]\n'],
    ["airlock.json", '{"mask": {"m": {"paths": ["./|"]}}}'],
    ["airlock.yaml", "mask:\n  m:\n    paths:\n      - b\n      - ./|\n"],
    ["airlock.yaml", "mask:\n  m:\n    paths: [b, ./|]\n"],
  ] as const) {
    assert.deepEqual(labels(path, marked), ["src", "a.txt"], marked);
  }
});

test("the settings' certificate authority is a path", () => {
  const { text, offset } = atCursor('[registries."r.example"]\nca = "./|"\n');
  const context = { ...languageContext("settings.toml", text), schema: settingsSchema };
  assert.deepEqual(
    completeAt(context, offset).map(({ label }) => label),
    ["src", "a.txt"],
  );
});

test("a text without quotes is none in TOML and JSON", () => {
  assert.deepEqual(labels("airlock.toml", "env.A = $HO|\n"), []);
  assert.deepEqual(labels("airlock.json", '{"env": {"A": $HO|}}'), []);
});
