import assert from "node:assert/strict";
import { test } from "node:test";
import { configOf, lines, load } from "#test/support/configs.ts";

test("TOML: dotted keys, inline tables and headers are located alike", () => {
  const text = [
    "vm.cpus = 99",
    'network = {rules = {r = {allow = ["ok.example", "*bad"]}}}',
    "[mounts.'a b']",
    'source = "x"',
    'target = """',
    '/x"""',
    "missing = 1",
  ].join("\n");
  assert.deepEqual(lines(load({ "airlock.toml": text })), [
    "airlock.toml:1:11: error: `vm.cpus`: 99 is more than the 8 CPUs of this host",
    "airlock.toml:2:49: error: `network.rules.r.allow[1]`: a wildcard is `*` alone, or `*.` (one label) or `**.` (any number) at the beginning",
    'airlock.toml:7:11: error: `mounts."a b".missing`: unknown value 1, expected one of `fail`, `warn`, `ignore`, `create-dir`, `create-file`',
  ]);
});

test("JSON: values are located, columns count UTF-16 units", () => {
  const text = '{\n  "env": {"\u{1F600}": "ok", "B": "$"},\r\n\t"vm": {"cpus": 99}\n}';
  assert.deepEqual(lines(load({ "airlock.json": text })), [
    "airlock.json:2:29: error: `env.B`: `$` has to be followed by a name or `{`; write a literal `$` as `\\$`",
    "airlock.json:3:17: error: `vm.cpus`: 99 is more than the 8 CPUs of this host",
  ]);
});

test("YAML: block and flow style are located alike", () => {
  const text = ["vm:", "  cpus: 99", "network: {rules: {r: {allow: [ok, '*bad']}}}", ""].join("\n");
  for (const path of ["airlock.yaml", "airlock.yml"]) {
    assert.deepEqual(
      lines(load({ [path]: text })).map((line) => line.split(": error")[0]),
      [`${path}:2:9`, `${path}:3:35`],
    );
  }
});

test("YAML: anchors, aliases and merge keys give the values they stand for", () => {
  const text = [
    "mounts:",
    "  a: &a {source: x, target: /a, read_only: true}",
    "  b:",
    "    target: /b",
    "    <<: *a",
    "  c: {<<: [*a], target: /c}",
    "daemons: {d: {command: &c [x], env: {}}, e: {command: *c}}",
  ].join("\n");
  const { mounts, daemons } = configOf(load({ "airlock.yaml": text }));
  assert.deepEqual(
    Object.values(mounts).map(({ source, target, read_only }) => [source, target, read_only]),
    [
      ["x", "/a", true],
      ["x", "/b", true],
      ["x", "/c", true],
    ],
  );
  assert.deepEqual(daemons.e?.command, ["x"]);
});

test("YAML: aliases that multiply without end are an error", () => {
  const levels = "abcdefghij".split("").map((name, index) => {
    const inner = index === 0 ? "x" : `*${"abcdefghij"[index - 1]}`;
    return `${name}: &${name} [${Array(10).fill(inner).join(", ")}]`;
  });
  assert.match(lines(load({ "airlock.yaml": levels.join("\n") })).join(), /error: .*more than/);
});

test("an empty file changes nothing, in every format", () => {
  for (const [path, text] of [
    ...[
      ["airlock.toml", ""],
      ["airlock.yaml", ""],
      ["airlock.yml", "# nothing\n"],
    ],
    ...[
      ["airlock.json", "null"],
      ["airlock.json", "{}"],
      ["airlock.yaml", "---\n"],
    ],
  ] as [string, string][]) {
    const result = load({ "~/.airlock/config.toml": "vm.cpus = 3", [path]: text });
    assert.equal(configOf(result).vm.cpus, 3);
    assert.deepEqual(lines(result), []);
  }
});

test("a byte order mark is no part of the text", () => {
  assert.equal(configOf(load({ "airlock.json": '\uFEFF{"vm": {"cpus": 3}}' })).vm.cpus, 3);
  assert.equal(configOf(load({ "airlock.toml": "\uFEFFvm.cpus = 3" })).vm.cpus, 3);
});

test("a document that is no table is an error", () => {
  for (const [path, text] of [
    ["airlock.yaml", "just text"],
    ["airlock.yaml", "- a\n- b"],
    ["airlock.json", "[]"],
    ["airlock.json", '"x"'],
  ] as const) {
    assert.deepEqual(lines(load({ [path]: text })), [
      `${path}:1:1: error: the configuration has to be a table of keys`,
    ]);
  }
});

test("text that does not parse is an error at its place, and the other files are still checked", () => {
  const result = load({
    "~/.airlock/config.toml": "x = [1,,2]",
    "airlock.json": '{"vm": {"cpus": 1,}}',
    "airlock.local.yaml": "vm:\n  cpus: [1\nenv: 3\n",
  });
  assert.equal(result.config, undefined);
  const places = lines(result).map((line) => line.split(": error")[0]);
  assert.equal(places[0], "~/.airlock/config.toml:1:8");
  assert.ok(places.includes("airlock.json:1:19"));
  assert.ok(places.some((place) => place?.startsWith("airlock.local.yaml:")));
});

test("JSON is strict: no comments, no trailing commas, no other extras", () => {
  for (const text of [
    "{} // x",
    "{/* x */}",
    '{"a": 1,}',
    "{a: 1}",
    "{'a': 1}",
    '{"a": 01}',
    "",
    "{",
    '{"a": NaN}',
    '{"env": {"a": "\t"}}',
  ]) {
    const result = load({ "airlock.json": text });
    assert.equal(result.config, undefined, text);
    assert.match(lines(result)[0] ?? "", /^airlock\.json:1:\d+: error: JSON: /, text);
  }
});

test("a key twice: TOML and YAML refuse it, JSON takes the last and says so", () => {
  assert.match(
    lines(load({ "airlock.toml": "[vm]\ncpus = 1\ncpus = 2" })).join(),
    /^airlock\.toml:3:1: error/,
  );
  assert.match(
    lines(load({ "airlock.yaml": "vm:\n  cpus: 1\n  cpus: 2" })).join(),
    /^airlock\.yaml:3:3: error/,
  );
  const result = load({ "airlock.json": '{"vm": {"cpus": 1, "cpus": 2}}' });
  assert.equal(configOf(result).vm.cpus, 2);
  assert.deepEqual(lines(result), [
    "airlock.json:1:20: warning: `vm.cpus` is set twice in this file; the last one counts",
  ]);
});

test("hostile nesting and size are errors, not crashes", () => {
  const deep = 100_000;
  for (const [path, text] of [
    ["airlock.json", `${'{"a":'.repeat(deep)}1${"}".repeat(deep)}`],
    ["airlock.json", "[".repeat(deep)],
    ["airlock.yaml", "[".repeat(deep)],
    ["airlock.yaml", `${"{a: ".repeat(2000)}1${"}".repeat(2000)}`],
    ["airlock.toml", `a = ${"[".repeat(deep)}`],
    ["airlock.toml", `${"a.".repeat(deep)}a = 1`],
    ["airlock.toml", `[${"a.".repeat(deep)}a]`],
    ["airlock.toml", `# ${"x".repeat(2 * 1024 * 1024)}`],
  ] as const) {
    const result = load({ [path]: text });
    assert.equal(result.config, undefined);
    assert.ok(lines(result).length > 0);
  }
});

test("all places of a value are known, weakest first", () => {
  const { origins } = load({
    "~/.airlock/config.toml": "vm.cpus = 1",
    "airlock.yaml": "vm:\n  cpus: 2",
    "airlock.local.json": '{"vm": {"cpus": 3}}',
  });
  const places = origins
    .get("vm.cpus")
    ?.map(({ scope, path, range }) => [
      ...[scope, path, range.start.line, range.start.column, range.end.column],
    ]);
  assert.deepEqual(places, [
    ["user", "~/.airlock/config.toml", 1, 11, 12],
    ["project", "airlock.yaml", 2, 9, 10],
    ["local", "airlock.local.json", 1, 17, 18],
  ]);
});
