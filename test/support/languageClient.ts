// A client of a language server in a process of its own, over its standard streams.
import { spawn } from "node:child_process";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";

export type Published = {
  uri: string;
  diagnostics: {
    message: string;
    code: string;
    range: unknown;
    relatedInformation?: { location: { uri: string } }[];
  }[];
};

export class LanguageClient {
  readonly connection: MessageConnection;
  /** Of the server. */
  readonly pid: number;
  publishedCount = 0;
  private readonly published = new Map<string, Published["diagnostics"]>();
  private readonly end: () => Promise<void>;
  private waiting: (() => void)[] = [];
  private version = 1;

  constructor(
    connection: MessageConnection,
    { pid = 0, end }: { pid: number | undefined; end: () => Promise<void> },
  ) {
    this.connection = connection;
    this.pid = pid;
    this.end = end;
    connection.onNotification("textDocument/publishDiagnostics", (params: Published) => {
      this.publishedCount += 1;
      this.published.set(params.uri, params.diagnostics);
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  open(uri: string, text: string, languageId = "toml"): Promise<void> {
    const textDocument = { uri, languageId, version: 1, text };
    return this.connection.sendNotification("textDocument/didOpen", { textDocument });
  }

  /** Without a range the text replaces everything. */
  change(uri: string, text: string, range?: unknown): Promise<void> {
    this.version += 1;
    return this.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: this.version },
      contentChanges: [range === undefined ? { text } : { range, text }],
    });
  }

  close(uri: string): Promise<void> {
    return this.connection.sendNotification("textDocument/didClose", { textDocument: { uri } });
  }

  diagnostics(uri: string): Published["diagnostics"] | undefined {
    return this.published.get(uri);
  }

  /** Waits until what was published last for a file is as wanted. */
  async until(
    uri: string,
    isWanted: (found: Published["diagnostics"]) => boolean,
  ): Promise<Published["diagnostics"]> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const found = this.published.get(uri);
      if (found !== undefined && isWanted(found)) return found;
      if (performance.now() > deadline) throw new Error(`${uri}: ${JSON.stringify(found)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  dispose(): Promise<void> {
    this.connection.dispose();
    return this.end();
  }
}

export type ServerStart = {
  args: string[];
  env?: Readonly<Record<string, string>>;
  initializationOptions?: unknown;
  capabilities?: unknown;
};

/** Starts a server with this Node and shakes hands with it. */
export async function startLanguageServer(start: ServerStart): Promise<LanguageClient> {
  const child = spawn(process.execPath, start.args, {
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...start.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.listen();
  const end = async () => {
    child.kill();
    await exited;
  };
  const client = new LanguageClient(connection, { pid: child.pid, end });
  await connection.sendRequest("initialize", {
    ...{ processId: process.pid, rootUri: null, capabilities: start.capabilities ?? {} },
    initializationOptions: start.initializationOptions,
  });
  await connection.sendNotification("initialized", {});
  return client;
}
