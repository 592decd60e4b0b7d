// The built server as any editor runs it, spoken to in plain bytes: no library of ours or of the protocol.
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { tempTree } from "#test/support/tempTree.ts";

const program = join(import.meta.dirname, "..", "..", "..", "dist", "server.cjs");

type Message = { id?: number; method?: string; params?: unknown; result?: unknown };

/** Frames of the base protocol: a header with the length, an empty line, JSON. */
class PlainClient {
  readonly child: ChildProcessWithoutNullStreams;
  private buffer = Buffer.alloc(0);
  private readonly messages: Message[] = [];
  private wake: () => void = () => undefined;
  private nextId = 1;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.on("data", (chunk: Buffer) => {
      this.buffer = Buffer.concat([this.buffer, chunk]);
      while (this.takeMessage());
      this.wake();
    });
    child.once("exit", () => this.wake());
  }

  notify(method: string, params: unknown): void {
    this.send({ method, params });
  }

  async request(method: string, params: unknown): Promise<unknown> {
    const id = this.nextId++;
    this.send({ id, method, params });
    return (await this.first((message) => message.id === id && message.method === undefined))
      .result;
  }

  async notification(method: string): Promise<unknown> {
    return (await this.first((message) => message.method === method)).params;
  }

  private send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    this.child.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.child.stdin.write(body);
  }

  private async first(isWanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const index = this.messages.findIndex(isWanted);
      const [found] = index < 0 ? [] : this.messages.splice(index, 1);
      if (found !== undefined) return found;
      assert.equal(this.child.exitCode, null, "the server ended");
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private takeMessage(): boolean {
    const end = this.buffer.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const length = Number(/Content-Length: (\d+)/.exec(this.buffer.toString("utf8", 0, end))?.[1]);
    if (this.buffer.length < end + 4 + length) return false;
    const body = this.buffer.toString("utf8", end + 4, end + 4 + length);
    this.buffer = this.buffer.subarray(end + 4 + length);
    this.messages.push(JSON.parse(body) as Message);
    return true;
  }
}

async function startProgram(t: TestContext, home: string): Promise<PlainClient> {
  const child = spawn(process.execPath, [program, "--stdio"], {
    env: { ...process.env, HOME: home },
    stdio: "pipe",
  });
  t.after(() => child.kill());
  return new PlainClient(child);
}

test("the built server serves a client that knows nothing but the protocol", async (t) => {
  const home = tempTree(t, { "p/airlock.toml": "" });
  const client = await startProgram(t, home);
  const uri = pathToFileURL(join(home, "p", "airlock.toml")).href;
  const answer = (await client.request("initialize", {
    ...{ processId: null, rootUri: null, capabilities: {} },
  })) as { capabilities: Record<string, unknown>; serverInfo: unknown };
  assert.deepEqual(answer.serverInfo, { name: "airlock" });
  assert.ok(answer.capabilities.completionProvider && answer.capabilities.documentLinkProvider);
  client.notify("initialized", {});
  const text = "[vm]\ncpus = 0 # ü\nme";
  client.notify("textDocument/didOpen", {
    textDocument: { uri, languageId: "toml", version: 1, text },
  });
  const published = (await client.notification("textDocument/publishDiagnostics")) as {
    diagnostics: { code: string }[];
  };
  assert.deepEqual(
    published.diagnostics.map(({ code }) => code),
    ["syntax"],
  );
  const { items } = (await client.request("textDocument/completion", {
    ...{ textDocument: { uri }, position: { line: 2, character: 2 } },
  })) as { items: { label: string; textEdit: { newText: string } }[] };
  const memory = items.find(({ label }) => label === "memory");
  assert.equal(memory?.textEdit.newText, 'memory = ""');
  await client.request("shutdown", null);
  const exited = new Promise((resolve) => client.child.once("exit", resolve));
  client.notify("exit", null);
  assert.equal(await exited, 0);
});
