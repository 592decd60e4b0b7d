// Somebody who types in one file, in front of a language server that is a program of its own.
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type LanguageClient, startLanguageServer } from "#test/support/languageClient.ts";
import { cpuSecondsOf } from "./cpuMeter.ts";
import { positionIn, type TypedDocument } from "./languageDocuments.ts";
import { type Cost, costOf } from "./measure.ts";

const root = join(import.meta.dirname, "..", "..");

/** Longer than our server waits before it looks for problems. */
const restMs = 170;
/** Until a server that does not wait has begun to. */
const busyAfterMs = 2;

/** A server with one file open. */
export class Editor {
  /** How many things were proposed the last time; a server that has just begun may know none. */
  proposed = 0;
  private readonly client: LanguageClient;
  private readonly uri: string;
  private readonly places: Pick<TypedDocument, "key" | "value">;
  private readonly isIncremental: boolean;
  private text: string;
  private hasError = false;
  private typedCount = 0;

  /** Taplo wants the whole text after every edit. */
  constructor(
    client: LanguageClient,
    parts: { uri: string; document: TypedDocument; isIncremental: boolean },
  ) {
    this.client = client;
    this.uri = parts.uri;
    this.places = parts.document;
    this.text = parts.document.text;
    this.isIncremental = parts.isIncremental;
  }

  /** From one more letter of a key to its proposals; no text comes back soon. */
  complete(): Promise<Cost> {
    const { offset } = this.places.key;
    return this.costOf(
      () => this.typeAndAsk(offset),
      () => this.edit({ offset, length: 1, added: "" }),
    );
  }

  /** The same while the server looks for problems, as it does when the typing has rested. */
  async completeWhileBusy(): Promise<Cost> {
    const { offset } = this.places.key;
    await this.edit({ offset, length: 0, added: this.letter() });
    await setTimeout(busyAfterMs);
    return this.costOf(
      () => this.typeAndAsk(offset + 1),
      () => this.edit({ offset, length: 2, added: "" }),
    );
  }

  /** Makes a value wrong, or right again, and waits until the server says so. */
  diagnose(): Promise<Cost> {
    const added = this.hasError ? "true" : "5   ";
    this.hasError = !this.hasError;
    return this.costOf(async () => {
      await this.edit({ ...this.places.value, length: added.length, added });
      await this.client.until(this.uri, (found) => found.length > 0 === this.hasError);
    });
  }

  close(): Promise<void> {
    return this.client.dispose();
  }

  private async typeAndAsk(offset: number): Promise<void> {
    await this.edit({ offset, length: 0, added: this.letter() });
    const answer = await this.client.connection.sendRequest<
      { items: unknown[] } | unknown[] | null
    >("textDocument/completion", {
      textDocument: { uri: this.uri },
      position: positionIn(this.text, offset + 1),
    });
    const items = Array.isArray(answer) ? answer : answer?.items;
    this.proposed = items?.length ?? 0;
  }

  private letter(): string {
    return String.fromCharCode(97 + (this.typedCount++ % 26));
  }

  /** With all that the server does about it later on, and about its end, which nobody waits for. */
  private costOf(work: () => Promise<void>, end?: () => Promise<void>): Promise<Cost> {
    const { pid } = this.client;
    const settled = async () => {
      await end?.();
      await this.rest();
    };
    return costOf(work, { cpuSeconds: () => cpuSecondsOf(pid), settled });
  }

  /** Waits until the server has nothing more to do, so that the next one has the computer for itself. */
  private async rest(): Promise<void> {
    const { pid } = this.client;
    for (let before = Number.NaN, now = cpuSecondsOf(pid); now !== before; ) {
      before = now;
      await setTimeout(restMs);
      now = cpuSecondsOf(pid);
    }
  }

  private edit({ offset, length, added }: Edit): Promise<void> {
    const before = this.text;
    this.text = before.slice(0, offset) + added + before.slice(offset + length);
    if (!this.isIncremental) return this.client.change(this.uri, this.text);
    const start = positionIn(before, offset);
    const end = { ...start, character: start.character + length };
    return this.client.change(this.uri, added, { start, end });
  }
}

/** Replaces as many characters, all on one line. */
type Edit = { offset: number; length: number; added: string };

export async function openOurs(
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

export async function openTaplo(document: TypedDocument, folder: string): Promise<Editor> {
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
