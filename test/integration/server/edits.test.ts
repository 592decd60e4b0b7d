// A server of its own is typed at: 100,000 random edits of three documents, a hundred to a message, and between
// the messages questions about places in the middle of it. No question stays open, and at the end the server
// has the texts that the editor has.
import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";
import { readModel } from "#core/language/model/read.ts";
import { type OutlineItem, symbolsOf } from "#core/language/symbols.ts";
import { corpus, type Random, randomNumbers, tokens } from "#test/fuzz/config.ts";
import { type LanguageClient, startLanguageServer } from "#test/support/languageClient.ts";
import { tempTree } from "#test/support/tempTree.ts";

const edits = Number(process.env.AIRLOCK_FUZZ_RUNS ?? 100_000);
const editsInMessage = 100;
/** Nobody who types waits longer. */
const hangMs = 2_000;
const program = join(import.meta.dirname, "..", "..", "..", "src", "server", "main.ts");

type Typed = { document: TextDocument; seeds: readonly string[] };
type Edit = {
  range: ReturnType<typeof wholeRange>;
  text: string;
};

test(`${edits} random edits never crash or hang the server`, async (t) => {
  const seed = Number(process.env.AIRLOCK_FUZZ_SEED ?? Date.now() % 2 ** 31);
  const random = randomNumbers(seed);
  const home = realpathSync(tempTree(t, { "toml/x": "", "json/x": "", "yaml/x": "" }));
  const client = await startLanguageServer({
    args: [program, "--stdio"],
    env: { HOME: home },
    initializationOptions: { diagnosticsDelayMs: 0 },
  });
  t.after(() => client.dispose());
  const all = corpus.map(({ extension, texts }): Typed => {
    const uri = pathToFileURL(join(home, extension, `airlock.${extension}`)).href;
    return { document: TextDocument.create(uri, extension, 1, texts[0] ?? ""), seeds: texts };
  });
  for (const { document } of all) await client.open(document.uri, document.getText());
  let slowestMs = 0;
  for (let count = 0; count < edits; count += editsInMessage) {
    const typed = pick(all, random);
    await edit(client, typed, random);
    const ms = await ask(client, typed.document, random).catch((cause: unknown) => {
      const { languageId, getText } = typed.document;
      const text = JSON.stringify(getText.call(typed.document));
      throw new Error(`seed ${seed}, ${count} edits, ${languageId}: ${text}`, { cause });
    });
    slowestMs = Math.max(slowestMs, ms);
  }
  for (const { document } of all) await assertSameText(client, document);
  t.diagnostic(`seed ${seed}: slowest answer ${slowestMs.toFixed(0)} ms`);
});

/** One message with many changes, each of the text that the one before leaves. */
async function edit(client: LanguageClient, { document, seeds }: Typed, random: Random) {
  const contentChanges: Edit[] = [];
  for (let count = 0; count < editsInMessage; count++) {
    const change = pickEdit(document, seeds, random);
    contentChanges.push(change);
    TextDocument.update(document, [change], document.version + 1);
  }
  const { uri, version } = document;
  const textDocument = { uri, version };
  await client.connection.sendNotification("textDocument/didChange", {
    ...{ textDocument, contentChanges },
  });
}

/** Mostly a few characters; now and then a new beginning, so that texts stay near to what makes sense. */
function pickEdit(document: TextDocument, seeds: readonly string[], random: Random): Edit {
  const { length } = document.getText();
  if (length > 5_000 || random(60) === 0) {
    return { range: wholeRange(document), text: pick(seeds, random) };
  }
  const at = random(length + 1);
  const end = random(3) === 0 ? Math.min(length, at + random(12)) : at;
  const range = { start: document.positionAt(at), end: document.positionAt(end) };
  const kinds = [
    () => "",
    () => pick(tokens, random),
    () => String.fromCharCode(32 + random(95)),
    () => String.fromCharCode(random(0x10000)),
    () => document.getText().slice(random(length), random(length)),
  ];
  return { range, text: pick(kinds, random)() };
}

function wholeRange(document: TextDocument) {
  const end = document.positionAt(document.getText().length);
  return { start: { line: 0, character: 0 }, end };
}

/** Asks one question; answers how long the server took. */
async function ask(client: LanguageClient, document: TextDocument, random: Random) {
  const { uri } = document;
  const position = document.positionAt(random(document.getText().length + 1));
  const range = { start: { line: 0, character: 0 }, end: position };
  const diagnostics = client.diagnostics(uri) ?? [];
  const questions: Record<string, object> = {
    completion: { position },
    hover: { position },
    definition: { position },
    references: { position, context: { includeDeclaration: true } },
    prepareRename: { position },
    rename: { position, newName: pick(["a", "a b", "web"], random) },
    codeAction: { range, context: { diagnostics } },
    inlayHint: { range },
    "semanticTokens/range": { range },
    ...{ codeLens: {}, documentLink: {}, documentSymbol: {}, foldingRange: {} },
  };
  const method = pick(Object.keys(questions), random);
  const startedAt = performance.now();
  const asked = client.connection
    .sendRequest(`textDocument/${method}`, { textDocument: { uri }, ...questions[method] })
    .catch((error: Error) => {
      // Some things cannot be renamed, and the server says why.
      if (!/rename/i.test(method) || !/renamed|name|already/.test(error.message)) throw error;
    });
  const late = new AbortController();
  const isLate = delay(hangMs, true, { signal: late.signal, ref: true }).catch(() => false);
  const hangs = await Promise.race([asked.then(() => false), isLate]);
  late.abort();
  assert.ok(!hangs, `no answer to ${method} at ${JSON.stringify(position)} after ${hangMs} ms`);
  return performance.now() - startedAt;
}

async function assertSameText({ connection }: LanguageClient, document: TextDocument) {
  const textDocument = { uri: document.uri };
  type Symbol = { name: string; children: Symbol[] };
  const found: Symbol[] = await connection.sendRequest("textDocument/documentSymbol", {
    textDocument,
  });
  const model = readModel(`x.${document.languageId}`, document.getText());
  const named = ({ name, children }: OutlineItem | Symbol): unknown => [
    ...[name === "" ? '""' : name],
    children.map(named),
  ];
  assert.deepEqual(found.map(named), symbolsOf(model).map(named));
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random(items.length)] as Item;
}
