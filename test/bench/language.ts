// `npm run bench -- language`: how long answers of the language server take while somebody types, against Taplo's
// on the same TOML file with the same schema. Both run as programs; their rounds take turns.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type LanguageClient, startLanguageServer } from "#test/support/languageClient.ts";
import { documentOf, positionIn, type TypedDocument } from "./languageDocuments.ts";
import { inTurn, timed } from "./measure.ts";
import type { Figure, Section } from "./report.ts";

const root = join(import.meta.dirname, "..", "..");
/** What a server does the first times is compiled while it runs, once in a session. */
const warmUps = 20;

/** 95th percentiles in milliseconds. */
type Latencies = { completion: number; diagnostics: number };

/** A server with one file open. */
class Editor {
  /** How many things were proposed the last time; a server that has just begun may know none. */
  proposed = 0;
  private readonly client: LanguageClient;
  private readonly uri: string;
  private readonly document: TypedDocument;
  private readonly isIncremental: boolean;
  private hasError = false;
  private typedCount = 0;

  /** Taplo wants the whole text after every edit. */
  constructor(
    client: LanguageClient,
    parts: { uri: string; document: TypedDocument; isIncremental: boolean },
  ) {
    this.client = client;
    this.uri = parts.uri;
    this.document = parts.document;
    this.isIncremental = parts.isIncremental;
  }

  /** Types one more letter of a key and waits for the proposals; no text comes back soon. */
  async complete(): Promise<void> {
    const { key, text } = this.document;
    const letter = String.fromCharCode(97 + (this.typedCount++ % 26));
    await this.edit({ ...key, removed: "", added: letter });
    const { line, character } = positionIn(text, key.offset);
    const position = { line, character: character + 1 };
    const answer = await this.client.connection.sendRequest<
      { items: unknown[] } | unknown[] | null
    >("textDocument/completion", { textDocument: { uri: this.uri }, position });
    const items = Array.isArray(answer) ? answer : answer?.items;
    this.proposed = items?.length ?? 0;
    await this.edit({ ...key, removed: letter, added: "" });
  }

  /** Makes a value wrong, or right again, and waits until the server says so. */
  async diagnose(): Promise<void> {
    const [removed, added] = this.hasError ? ["5   ", "true"] : ["true", "5   "];
    this.hasError = !this.hasError;
    await this.edit({ ...this.document.value, removed, added });
    await this.client.until(this.uri, (found) => found.length > 0 === this.hasError);
  }

  /** Waits until nothing is said any more about the edits before. */
  async settle(): Promise<void> {
    for (let before = -1; before !== this.client.publishedCount; ) {
      before = this.client.publishedCount;
      await setTimeout(2000);
    }
  }

  close(): Promise<void> {
    return this.client.dispose();
  }

  private edit({ offset, removed, added }: { offset: number; removed: string; added: string }) {
    const { text } = this.document;
    if (!this.isIncremental) {
      const kept = added.length < removed.length ? offset : offset + removed.length;
      return this.client.change(this.uri, text.slice(0, offset) + added + text.slice(kept));
    }
    const start = positionIn(text, offset);
    const end = { ...start, character: start.character + removed.length };
    return this.client.change(this.uri, added, { start, end });
  }
}

const notes = [
  "These are 95th percentiles: from a key typed in the middle of the file to its proposals, and from an edit to the right problems, without the pause that the server makes while somebody types.",
  "Both servers are programs that speak over their standard streams; their rounds take turns, after as many that warm them up.",
  "Taplo runs as WebAssembly here, the form in which its project publishes it as a library.",
];

export async function benchLanguage(rounds: number): Promise<Section> {
  const figures = await languageFigures(rounds);
  await printOtherFormats(rounds);
  return { title: "Language server", rounds, figures, notes };
}

async function languageFigures(rounds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const lineCount of [1000, 10_000]) {
    // Taplo takes seconds for an answer about the long file.
    const [ours, taplo] = await compare(
      lineCount,
      lineCount > 1000 ? Math.ceil(rounds / 10) : rounds,
    );
    const shared = { unit: "ms", against: "Taplo's language server with our schema" } as const;
    const lines = `${lineCount.toLocaleString("en")} lines of TOML`;
    for (const what of ["completion", "diagnostics"] as const) {
      const name = `${what}, ${lines}`;
      figures.push({ name, ours: ours[what], yardstick: taplo[what], ...shared });
    }
  }
  return figures;
}

/** The same for the formats that have no yardstick: only printed. */
async function printOtherFormats(rounds: number): Promise<void> {
  for (const format of ["json", "yaml"] as const) {
    for (const lineCount of [1000, 10_000]) {
      await withFolder(async (folder) => {
        const document = documentOf(lineCount, format);
        const typing = await openOurs(document, folder);
        const completions = await repeated(rounds, () => typing.complete());
        await typing.close();
        const editor = await openOurs(document, folder, { diagnosticsDelayMs: 0 });
        const checks = await repeated(rounds, () => editor.diagnose());
        await editor.close();
        const [completion, diagnostics] = [completions, checks].map((each) => p95(each, rounds));
        const figures = `completion ${completion?.toFixed(1)} ms, diagnostics ${diagnostics?.toFixed(1)} ms`;
        process.stdout.write(`${format}, ${lineCount} lines, p95 of ${rounds}: ${figures}\n`);
      });
    }
  }
}

async function repeated(rounds: number, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let count = rounds + warmUps; count > 0; count--) times.push(await timed(work));
  return times;
}

async function compare(lineCount: number, rounds: number): Promise<[Latencies, Latencies]> {
  const document = documentOf(lineCount, "toml");
  return withFolder(async (folder) => {
    const typing = await openOurs(document, folder);
    // Here nobody waits for the typing to rest.
    const ours = await openOurs(document, folder, { diagnosticsDelayMs: 0 });
    const taplo = await openTaplo(document, folder);
    // The first rounds warm both up.
    const times = rounds + Math.min(rounds, warmUps);
    const completions = await inTurn(
      times,
      () => timed(() => typing.complete()),
      () => timed(() => taplo.complete()),
    );
    await taplo.settle();
    const checks = await inTurn(
      times,
      () => timed(() => ours.diagnose()),
      () => timed(() => taplo.diagnose()),
    );
    await Promise.all([typing.close(), ours.close(), taplo.close()]);
    if (typing.proposed === 0 || taplo.proposed === 0) throw new Error("nothing was proposed");
    const late = (each: readonly [number[], number[]], index: 0 | 1) => p95(each[index], rounds);
    return [
      { completion: late(completions, 0), diagnostics: late(checks, 0) },
      { completion: late(completions, 1), diagnostics: late(checks, 1) },
    ];
  });
}

async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "airlock-bench-")));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openOurs(
  document: TypedDocument,
  folder: string,
  initializationOptions = {},
): Promise<Editor> {
  const client = await startLanguageServer({
    args: [join(root, "src", "server", "main.ts"), "--stdio"],
    env: { HOME: folder },
    initializationOptions,
  });
  return open(client, { document, isIncremental: true }, folder);
}

async function openTaplo(document: TypedDocument, folder: string): Promise<Editor> {
  const client = await startLanguageServer({
    args: [join(import.meta.dirname, "taplo.child.ts")],
  });
  const schema = { enabled: true, catalogs: [], cache: {} };
  client.connection.onRequest("workspace/configuration", () => [{ schema }]);
  client.connection.onRequest("client/registerCapability", () => null);
  return open(client, { document, isIncremental: false }, folder);
}

async function open(
  client: LanguageClient,
  parts: { document: TypedDocument; isIncremental: boolean },
  folder: string,
): Promise<Editor> {
  const { format, text } = parts.document;
  const uri = pathToFileURL(join(folder, `airlock.${format}`)).href;
  await client.open(uri, text, format);
  return new Editor(client, { uri, ...parts });
}

/** Of the last rounds. */
function p95(times: readonly number[], rounds: number): number {
  const sorted = times.slice(-rounds).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? 0;
}
