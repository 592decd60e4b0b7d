import assert from "node:assert/strict";
import { test } from "node:test";
import { startSession as start } from "#test/support/languageSession.ts";

test("every file that takes part gets its diagnostics; unsaved text counts; closing clears", async (t) => {
  const session = await start(t, {
    ".airlock/config.toml": "unknown = 1\n",
    "p/airlock.toml": 'vm.memory = "1 GB"\n',
    "p/airlock.local.yaml": "vm: {kvm: maybe}\n",
  });
  await session.open("p/airlock.toml", "[vm]\nmemory = 'none'\n");
  const [found] = await session.until("p/airlock.toml", ["value"]);
  assert.deepEqual(found?.range, {
    start: { line: 1, character: 9 },
    end: { line: 1, character: 15 },
  });
  await session.until("p/airlock.local.yaml", ["type"]);
  await session.until(".airlock/config.toml", ["unknown-key"]);
  await session.change("p/airlock.toml", "[vm]\nmemory = '1 GB'\n");
  await session.until("p/airlock.toml", []);
  await session.until("p/airlock.local.yaml", ["type"]);
  await session.close("p/airlock.toml");
  await session.until("p/airlock.local.yaml", []);
  await session.until(".airlock/config.toml", []);
});

test("a file that is not read because of another says so", async (t) => {
  const session = await start(t, { "p/airlock.toml": "", "p/airlock.json": "{}" });
  await session.open("p/airlock.json", "{}");
  const [found] = await session.until("p/airlock.json", ["shadowed"]);
  assert.match(found?.message ?? "", /`airlock\.toml` stands beside it/);
});

test("a file with a name of long ago is told about, also when it comes and goes", async (t) => {
  const session = await start(t, { "p/airlock.toml": "", "p/ez.toml": "" });
  await session.open("p/airlock.toml", "");
  const [found] = await session.until("p/ez.toml", ["renamed"]);
  assert.match(found?.message ?? "", /its name is `airlock\.toml` now/);
});

test("user files alone, and settings, are checked too", async (t) => {
  const session = await start(t, { ".airlock.json": "{}", ".airlock/settings.toml": "" });
  await session.open(".airlock.json", '{"vm": {"cpus": 0}}');
  await session.open(".airlock/settings.toml", 'vault.storage = "x"');
  await session.until(".airlock.json", ["value"]);
  await session.until(".airlock/settings.toml", ["value"]);
});

test("while somebody types, problems wait until it rests, and proposals do not", async (t) => {
  const files = { "p/airlock.toml": "" };
  const session = await start(t, files, { options: { diagnosticsDelayMs: 1500 } });
  await session.open("p/airlock.toml", "[vm]\n");
  for (const [index, letter] of [..."cpux"].entries()) {
    const [start, end] = [index, index].map((character) => ({ line: 1, character }));
    await session.change("p/airlock.toml", letter, { start, end });
    const position = { line: 1, character: index + 1 };
    const { items } = await session.ask<{ items: unknown[] }>("completion", "p/airlock.toml", {
      position,
    });
    assert.ok(items.length > 0);
  }
  assert.equal(session.publishedCount, 0, "nothing is said about the half of a word");
  await session.until("p/airlock.toml", ["syntax"]);
  assert.equal(session.publishedCount, 1);
});

test("a key shows its documentation", async (t) => {
  const session = await start(t, { "p/airlock.toml": "" });
  await session.open("p/airlock.toml", "[vm]\ncpus = 1\n");
  const hover = await session.connection.sendRequest<{ contents: { value: string } }>(
    "textDocument/hover",
    { textDocument: { uri: session.uri("p/airlock.toml") }, position: { line: 1, character: 2 } },
  );
  assert.match(hover.contents.value, /Number of virtual CPUs/);
});

test("an unfinished line is completed, as a snippet only for clients that know them", async (t) => {
  const session = await start(t, {
    "p/airlock.toml": "",
    [`.cache/airlock/images/${"a".repeat(64)}.json`]: '{"name": "oci:./kept", "sizeBytes": 1000}',
  });
  const text = 'vm.image = ""\nx = [\n[mounts.keys]\nso\n';
  await session.open("p/airlock.toml", text);
  const ask = (line: number, character: number) =>
    session.connection.sendRequest<{
      items: { label: string; textEdit: { newText: string; range: unknown } }[];
    }>("textDocument/completion", {
      textDocument: { uri: session.uri("p/airlock.toml") },
      position: { line, character },
    });
  const source = (await ask(3, 2)).items.find(({ label }) => label === "source");
  assert.deepEqual(source?.textEdit, {
    newText: 'source = ""',
    range: { start: { line: 3, character: 0 }, end: { line: 3, character: 2 } },
  });
  const images = (await ask(0, 12)).items.map(({ label }) => label);
  assert.ok(images.includes("oci:./kept") && images.includes("embedded:base"), images.join());
});

test("a diagnostic brings its quick fixes", async (t) => {
  const session = await start(t, { "p/airlock.toml": "" });
  await session.open("p/airlock.toml", "[vm]\ncpu = 2\n");
  const diagnostics = await session.until("p/airlock.toml", ["unknown-key"]);
  const uri = session.uri("p/airlock.toml");
  const range = diagnostics[0]?.range;
  const actions = await session.connection.sendRequest<
    { title: string; edit: { changes: Record<string, unknown> } }[]
  >("textDocument/codeAction", { textDocument: { uri }, range, context: { diagnostics } });
  assert.deepEqual(
    actions.map(({ title }) => title),
    ["Change to `cpus`", "Remove `vm.cpu`"],
  );
  assert.deepEqual(actions[0]?.edit.changes[uri], [{ range, newText: "cpus" }]);
});

test("an entry is found and renamed in every file that takes part, a preset shows its text", async (t) => {
  const session = await start(t, {
    ".airlock/config.toml": "[mounts.keys]\nsource = '~/.ssh'\ntarget = '/keys'\n",
    "p/airlock.toml": "",
    "p/airlock.local.yaml": "mounts:\n  keys:\n    read_only: true\n",
  });
  const text = 'presets = ["debian"]\nmounts.keys.enabled = false\n';
  await session.open("p/airlock.toml", text);
  const uri = session.uri("p/airlock.toml");
  const at = (line: number, character: number) => ({
    ...{ textDocument: { uri }, position: { line, character } },
  });
  type Found = { uri: string; range: { start: { line: number } } }[];
  const defined = await session.connection.sendRequest<Found>("textDocument/definition", at(1, 9));
  assert.deepEqual(
    defined.map((found) => found.uri),
    [session.uri(".airlock/config.toml"), session.uri("p/airlock.local.yaml")],
  );
  const preset = await session.connection.sendRequest<Found>("textDocument/definition", at(0, 14));
  assert.equal(preset[0]?.uri, "airlock-preset:/airlock-presets/debian.toml");
  const context = { includeDeclaration: true };
  const used = await session.connection.sendRequest<Found>("textDocument/references", {
    ...at(1, 9),
    context,
  });
  assert.equal(used.length, 3);
  const ready = await session.connection.sendRequest("textDocument/prepareRename", at(1, 9));
  const whole = { start: { line: 1, character: 7 }, end: { line: 1, character: 11 } };
  assert.deepEqual(ready, { range: whole, placeholder: "keys" });
  assert.equal(await session.connection.sendRequest("textDocument/prepareRename", at(0, 2)), null);
  const { changes } = await session.connection.sendRequest<{ changes: Record<string, unknown> }>(
    "textDocument/rename",
    { ...at(1, 9), newName: "my keys" },
  );
  assert.deepEqual(changes[uri], [
    {
      range: { start: { line: 1, character: 7 }, end: { line: 1, character: 11 } },
      newText: '"my keys"',
    },
  ]);
  assert.deepEqual(Object.keys(changes).length, 3);
  await assert.rejects(
    session.connection.sendRequest("textDocument/rename", { ...at(1, 9), newName: "a/b" }),
    /cannot be used as a name/,
  );
  const outline = await session.connection.sendRequest<{ name: string }[]>(
    "textDocument/documentSymbol",
    { textDocument: { uri } },
  );
  assert.deepEqual(
    outline.map(({ name }) => name),
    ["presets", "mounts.keys.enabled"],
  );
});

test("an entry of a preset shows where the preset has it, and keeps its name", async (t) => {
  const session = await start(t, { "p/airlock.toml": "" });
  const text = 'presets = ["debian"]\nnetwork.rules.debian-packages.enabled = false\n';
  await session.open("p/airlock.toml", text);
  const position = { line: 1, character: 16 };
  const used = await session.ask<{ uri: string; range: { start: unknown } }[]>(
    ...(["references", "p/airlock.toml", { position, context: {} }] as const),
  );
  assert.deepEqual(
    used.map(({ uri }) => uri),
    ["airlock-preset:/airlock-presets/debian.toml", session.uri("p/airlock.toml")],
  );
  assert.deepEqual(used[0]?.range.start, { line: 1, character: 15 });
  const kept = /an entry of the preset `debian`, which keeps its name/;
  await assert.rejects(session.ask("prepareRename", "p/airlock.toml", { position }), kept);
  const renaming = session.ask("rename", "p/airlock.toml", { position, newName: "mine" });
  await assert.rejects(renaming, kept);
});

test("lenses tell facts; a value that another file overrides says so", async (t) => {
  const session = await start(t, { "p/airlock.toml": "", "p/airlock.local.toml": "vm.cpus = 1\n" });
  await session.open("p/airlock.toml", "[vm]\ncpus = 2\n[network]\n");
  const textDocument = { uri: session.uri("p/airlock.toml") };
  const lenses = await session.connection.sendRequest<{ command: { title: string } }[]>(
    "textDocument/codeLens",
    { textDocument },
  );
  assert.deepEqual(
    lenses.map(({ command }) => command.title),
    ["0 network rules, ignored by `allow-always`"],
  );
  const range = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
  const hints = await session.connection.sendRequest<unknown[]>("textDocument/inlayHint", {
    ...{ textDocument, range },
  });
  assert.deepEqual(hints, [
    { position: { line: 1, character: 8 }, label: "1 in airlock.local.toml", paddingLeft: true },
  ]);
});
