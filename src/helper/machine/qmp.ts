import type { Duplex } from "node:stream";
import * as z from "zod";
import type { QmpCommand } from "#core/machine/hotAdd.ts";
import { deferred } from "./deferred.ts";
import { qmpFailed, qmpRefused } from "./errors.ts";

/** A connection to QEMU's monitor, ready for commands. */
export type Qmp = {
  version: string;
  /** Sends one command; rejects with `qmp-refused` when QEMU says no. */
  execute(command: QmpCommand, options?: RequestOptions): Promise<unknown>;
  /** Calls back for every event. Returns how to stop that. */
  onEvent(listener: (event: QmpEvent) => void): () => void;
  /** Settles when the connection is gone; never rejects. */
  closed: Promise<void>;
  close(): void;
};

export type QmpEvent = { name: string; data: Record<string, unknown> };
export type RequestOptions = { timeoutMs?: number; signal?: AbortSignal | undefined };

/** No honest answer to what we ask is longer than this. */
const longestLineBytes = 4 * 1024 * 1024;
const mostQuotedCharacters = 200;
const defaultTimeoutMs = 10_000;

const greetingSchema = z.object({
  QMP: z.object({
    version: z.object({
      qemu: z.object({ major: z.number(), minor: z.number(), micro: z.number() }),
    }),
  }),
});
// The last member comes last: a missing `return` also parses, as undefined.
const messageSchema = z.union([
  z.object({ error: z.object({ desc: z.string() }), id: z.number().optional() }),
  z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).optional() }),
  z.object({ return: z.unknown(), id: z.number() }),
]);
type Message = z.infer<typeof messageSchema>;

type Pending = {
  command: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
};

/** Takes QEMU's greeting and leaves the negotiation mode. */
export async function openQmp(stream: Duplex, options: RequestOptions = {}): Promise<Qmp> {
  const connection = createConnection(stream);
  try {
    const greeting = await connection.greeting(options);
    await connection.execute({ execute: "qmp_capabilities", arguments: {} }, options);
    const { major, minor, micro } = greeting.QMP.version.qemu;
    return { ...connection, version: `${major}.${minor}.${micro}` };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function createConnection(stream: Duplex) {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: QmpEvent) => void>();
  const greeting = deferred<z.infer<typeof greetingSchema>>();
  let failure: Error | undefined;
  let isGreeted = false;
  let nextId = 1;

  const fail = (error: Error) => {
    failure ??= error;
    greeting.reject(failure);
    for (const { reject } of pending.values()) reject(failure);
    pending.clear();
    stream.destroy();
  };
  const receive = (line: string) => {
    const value = parseJson(line);
    // A machine that begins to run in the moment in which QEMU takes the connection says so before it greets.
    const said = isGreeted ? undefined : greetingSchema.safeParse(value).data;
    if (said === undefined) {
      dispatch(messageSchema.parse(value), pending, listeners);
    } else {
      isGreeted = true;
      greeting.resolve(said);
    }
  };
  readLines(stream, receive, fail);
  greeting.promise.catch(() => "also told to whoever waits for it");
  const closed = new Promise<void>((resolve) => {
    stream.once("close", () => {
      fail(qmpFailed("QEMU closed its monitor connection."));
      resolve();
    });
  });

  const execute = (command: QmpCommand, options: RequestOptions = {}) => {
    if (failure !== undefined) return Promise.reject(failure);
    const id = nextId++;
    const answer = deferred<unknown>();
    pending.set(id, { command: command.execute, ...answer });
    stream.write(`${JSON.stringify({ ...command, id })}\n`);
    return bounded(answer.promise, command.execute, options).finally(() => pending.delete(id));
  };
  return {
    execute,
    closed,
    greeting: (options: RequestOptions) => bounded(greeting.promise, "the greeting", options),
    onEvent: (listener: (event: QmpEvent) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => void stream.destroy(),
  };
}

function dispatch(
  message: Message,
  pending: Map<number, Pending>,
  listeners: ReadonlySet<(event: QmpEvent) => void>,
): void {
  if ("event" in message) {
    for (const listener of listeners) listener({ name: message.event, data: message.data ?? {} });
    return;
  }
  // An error without an id answers something that QEMU could not parse; we send nothing of the kind.
  const waiting = message.id === undefined ? undefined : pending.get(message.id);
  if (waiting === undefined) return;
  if ("error" in message) waiting.reject(qmpRefused(waiting.command, message.error.desc));
  else waiting.resolve(message.return);
}

/** Splits the stream into lines of bounded length. A line that cannot be taken ends the connection. */
function readLines(stream: Duplex, onLine: (line: string) => void, fail: (error: Error) => void) {
  let chunks: Buffer[] = [];
  let held = 0;
  stream.on("error", (error) => fail(qmpFailed("The monitor connection broke.", { cause: error })));
  stream.on("data", (chunk: Buffer) => {
    let line = "";
    try {
      let rest = chunk;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        line = Buffer.concat([...chunks, rest.subarray(0, end)]).toString("utf8");
        chunks = [];
        held = 0;
        rest = rest.subarray(end + 1);
        if (line.trim() !== "") onLine(line);
      }
      held += rest.length;
      line = "a line without an end";
      if (held > longestLineBytes) throw new RangeError("line too long");
      if (rest.length > 0) chunks.push(rest);
    } catch (cause) {
      const said = line.slice(0, mostQuotedCharacters);
      fail(qmpFailed(`QEMU's monitor sent something that is not QMP: ${said}`, { cause }));
    }
  });
}

function parseJson(line: string): unknown {
  return JSON.parse(line);
}

/** Gives up on the answer, not on the connection: a late one is ignored by its id. */
function bounded<T>(answer: Promise<T>, what: string, options: RequestOptions): Promise<T> {
  const { timeoutMs = defaultTimeoutMs, signal } = options;
  const end = deferred<T>();
  const timer = setTimeout(
    () => end.reject(qmpFailed(`QEMU did not answer ${what} within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  const onAbort = () => end.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  answer.then(end.resolve, end.reject);
  return end.promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  });
}
