import assert from "node:assert/strict";
import { test } from "node:test";
import { inEveryFile } from "#core/config/diagnostics.ts";
import { sarifLog } from "#core/config/report/sarif.ts";
import { load } from "#test/support/configs.ts";

/** Where each diagnostic is shown, and where it leads: `code file:line`, `→ file:line`. */
function shown(files: Readonly<Record<string, string>>): string[] {
  return load(files)
    .diagnostics.flatMap(inEveryFile)
    .map(({ code, path, range, related = [], isEcho }) => {
      const ways = related.map((each) => ` → ${each.path}:${each.range.start.line}`).join("");
      return `${isEcho ? "echo of " : ""}${code} ${path}:${range.start.line}${ways}`;
    });
}

test("entries of two files that want the same are shown in both", () => {
  const mount = (name: string) => `[mounts.${name}]\nsource = "x"\ntarget = "/x"\n`;
  assert.deepEqual(shown({ "airlock.toml": mount("a"), "airlock.local.toml": mount("b") }), [
    "clash airlock.local.toml:3 → airlock.toml:3",
    "echo of clash airlock.toml:3 → airlock.local.toml:3",
  ]);
  assert.deepEqual(shown({ "airlock.toml": mount("a") + mount("b") }), [
    "clash airlock.toml:6 → airlock.toml:3",
  ]);
});

test("a command that three files make together is shown in all of them", () => {
  assert.deepEqual(
    shown({
      "~/.airlock.json": '{"daemons": {"d": {"command": ["a"]}}}',
      "airlock.yaml": "daemons:\n  d: {command: [b]}\n",
      "airlock.local.toml": "\ndaemons.d.command = ['c']\n",
    }),
    [
      "list-grows airlock.local.toml:2 → ~/.airlock.json:1 → airlock.yaml:2",
      "echo of list-grows ~/.airlock.json:1 → airlock.local.toml:2 → airlock.yaml:2",
      "echo of list-grows airlock.yaml:2 → airlock.local.toml:2 → ~/.airlock.json:1",
    ],
  );
});

test("a key that none of the files of an entry sets is missing in all of them", () => {
  const files = {
    "airlock.toml": "[mounts.a]\nsource = 'x'\n",
    "airlock.local.toml": "[mounts.a]\nread_only = true\n",
  };
  assert.deepEqual(shown(files), [
    "missing airlock.local.toml:1 → airlock.toml:1",
    "echo of missing airlock.toml:1 → airlock.local.toml:1",
  ]);
});

test("a value in the place of another file's table is shown in both", () => {
  const files = {
    "airlock.toml": "[network.rules.a]\n",
    "airlock.local.toml": "network.rules = 3\n",
  };
  assert.deepEqual(shown(files), [
    "type airlock.local.toml:1 → airlock.toml:1",
    "echo of type airlock.toml:1 → airlock.local.toml:1",
  ]);
});

test("a wrong value that only goes over a right one is its own file's problem", () => {
  const files = { "airlock.toml": "vm.kvm = true\n", "airlock.local.toml": "vm.kvm = 'maybe'\n" };
  assert.deepEqual(shown(files), ["type airlock.local.toml:1"]);
});

test("what a preset has to do with a problem is shown where the preset is asked for", () => {
  const files = {
    "airlock.toml": "presets = ['x']\n",
    "airlock.local.toml": "daemons.d.command = ['b']\n",
  };
  const presets = { x: "daemons.d.command = ['a']\n" };
  const [found] = load(files, { presets }).diagnostics.flatMap(inEveryFile);
  assert.deepEqual(
    found?.related?.map(({ path }) => path),
    ["airlock.toml"],
  );
});

test("code scanning services get the related places, too", () => {
  const files = {
    "airlock.toml": "daemons.d.command = ['a']\n",
    "airlock.local.toml": "daemons.d.command = ['b']\n",
  };
  const sources = {
    ...{ version: "1", rootUri: "file:///p/" },
    uriOf: (uri: string) => ({ uri, isRelative: true }),
  };
  const log = JSON.parse(JSON.stringify(sarifLog(load(files).diagnostics, sources))) as {
    runs: { results: { relatedLocations: unknown }[] }[];
  };
  assert.deepEqual(log.runs[0]?.results[0]?.relatedLocations, [
    {
      physicalLocation: {
        artifactLocation: { uri: "airlock.toml", uriBaseId: "PROJECT" },
        region: { startLine: 1, startColumn: 21, endLine: 1, endColumn: 26 },
      },
      message: { text: "`daemons.d.command` is written here, too" },
    },
  ]);
});
