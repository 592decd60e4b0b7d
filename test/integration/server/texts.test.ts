// Texts as editors really send them: half-typed, broken, long, and in all encodings of lines and characters.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Session, startSession } from "#test/support/languageSession.ts";

type Item = { label: string; textEdit: { newText: string; range: unknown } };

async function labelsAt(session: Session, path: string, line: number, character: number) {
  const answer = await session.ask<{ items: Item[] }>("completion", path, {
    position: { line, character },
  });
  return answer.items.map(({ label }) => label);
}

test("lines may end in a carriage return, and characters may be pairs", async (t) => {
  const session = await startSession(t, { "p/airlock.toml": "" });
  const text = '# 😀\r\n[env]\r\n"😀" = "😀"\r\n[vm]\r\nkvm = "😀" # 😀\r\ncp\r\n';
  await session.open("p/airlock.toml", text);
  await session.until("p/airlock.toml", ["syntax"]);
  assert.ok((await labelsAt(session, "p/airlock.toml", 5, 2)).includes("cpus"));
  const range = { start: { line: 5, character: 0 }, end: { line: 5, character: 2 } };
  await session.change("p/airlock.toml", "cpus = 1", range);
  const [found] = await session.until("p/airlock.toml", ["type"]);
  assert.deepEqual(found?.range, {
    start: { line: 4, character: 6 },
    end: { line: 4, character: 10 },
  });
});

test("a mark of byte order before the text is no part of it, in every format", async (t) => {
  const files = { "a/airlock.toml": "", "b/airlock.json": "", "c/airlock.yaml": "" };
  const session = await startSession(t, files);
  const startOf = (found: { range: unknown } | undefined) =>
    (found?.range as { start: unknown } | undefined)?.start;
  await session.open("a/airlock.toml", "\uFEFF[vm]\ncpus = 0\n");
  const [toml] = await session.until("a/airlock.toml", ["value"]);
  assert.deepEqual(startOf(toml), { line: 1, character: 7 });
  await session.open("b/airlock.json", '\uFEFF{"vm": {\n"cpus": 0}}');
  const [json] = await session.until("b/airlock.json", ["value"]);
  assert.deepEqual(startOf(json), { line: 1, character: 8 });
  await session.open("c/airlock.yaml", "\uFEFFvm:\n  cpus: 0\n");
  const [yaml] = await session.until("c/airlock.yaml", ["value"]);
  assert.deepEqual(startOf(yaml), { line: 1, character: 8 });
});

test("a file of 10 MB is said to be too long and hinders nobody", async (t) => {
  const session = await startSession(t, { "p/airlock.toml": "", "q/airlock.yaml": "" });
  for (const [path, line] of [
    ["p/airlock.toml", "key = [1, 2, 3]\n"],
    ["q/airlock.yaml", "key: [1, 2, 3]\n"],
  ] as const) {
    const startedAt = performance.now();
    await session.open(path, line.repeat(10 * 2 ** 16));
    await session.until(path, ["unreadable"]);
    assert.deepEqual(await labelsAt(session, path, 0, 1), []);
    assert.deepEqual(await session.ask("foldingRange", path), []);
    await session.change(path, "vm.cpus: 0\n");
    assert.ok(performance.now() - startedAt < 15_000);
  }
});

test("every beginning of a document is answered", async (t) => {
  const session = await startSession(t, { "p/airlock.yaml": "", "p/airlock.local.json": "" });
  const yaml = "network:\n  middleware:\n    m:\n      script: |\n        x = '\n";
  await session.open("p/airlock.yaml", "");
  for (let length = 1; length <= yaml.length; length++) {
    await session.change("p/airlock.yaml", yaml.slice(0, length));
    const lines = yaml.slice(0, length).split("\n");
    const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
    await session.ask("completion", "p/airlock.yaml", { position });
    await session.ask("hover", "p/airlock.yaml", { position });
    await session.ask("semanticTokens/full", "p/airlock.yaml");
    await session.ask("documentLink", "p/airlock.yaml");
  }
});
