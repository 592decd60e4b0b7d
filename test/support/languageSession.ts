// A language server with a home and projects of its own.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import type { MessageConnection } from "vscode-languageserver/node";
import { type LanguageClient, type Published, startLanguageServer } from "./languageClient.ts";
import { tempTree } from "./tempTree.ts";

const sourceProgram = join(import.meta.dirname, "..", "..", "src", "server", "main.ts");

/** Files by their path below the home. */
export class Session {
  readonly home: string;
  readonly connection: MessageConnection;
  private readonly client: LanguageClient;

  constructor(home: string, client: LanguageClient) {
    this.home = home;
    this.client = client;
    this.connection = client.connection;
  }

  /** How often problems were published, of any file. */
  get publishedCount(): number {
    return this.client.publishedCount;
  }

  uri(path: string): string {
    return pathToFileURL(join(this.home, path)).href;
  }

  open(path: string, text: string): Promise<void> {
    return this.client.open(this.uri(path), text);
  }

  change(path: string, text: string, range?: unknown): Promise<void> {
    return this.client.change(this.uri(path), text, range);
  }

  close(path: string): Promise<void> {
    return this.client.close(this.uri(path));
  }

  ask<Answer>(method: string, path: string, more: object = {}): Promise<Answer> {
    const textDocument = { uri: this.uri(path) };
    return this.connection.sendRequest<Answer>(`textDocument/${method}`, { textDocument, ...more });
  }

  /** Waits until the codes published for a file are these. */
  until(path: string, codes: string[]): Promise<Published["diagnostics"]> {
    const wanted = JSON.stringify(codes);
    return this.client.until(
      this.uri(path),
      (found) => JSON.stringify(found.map(({ code }) => code)) === wanted,
    );
  }
}

type SessionOptions = {
  program?: string;
  options?: unknown;
  env?: Readonly<Record<string, string>>;
};

export async function startSession(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { program = sourceProgram, options, env }: SessionOptions = {},
): Promise<Session> {
  const home = realpathSync(tempTree(t, { ...files }));
  const client = await startLanguageServer({
    args: [program, "--stdio"],
    env: { HOME: home, ...env },
    initializationOptions: options,
  });
  t.after(() => client.dispose());
  return new Session(home, client);
}
