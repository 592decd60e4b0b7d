// One process in the guest over any link to an agent, its output counted and thrown away.
import type { ClientHttp2Session } from "node:http2";
import { callOver, connectExec, type ExecCall } from "#helper/rpc/exec/call.ts";
import { askGuest } from "#helper/rpc/exec/forward.ts";
import type { ExecEvent, ExecRequestInit } from "#helper/rpc/exec/messages.ts";

/** Calls on the link itself, as the supervisor makes them. */
export function rawCalls(session: ClientHttp2Session): ExecCall {
  return (requests) => callOver(askGuest(session), requests);
}

/** Calls by way of a supervisor, as its clients make them. */
export function forwardedCalls(socketPath: string): ExecCall {
  return async function* (requests) {
    const connection = await connectExec(socketPath);
    try {
      yield* connection.exec(requests);
    } finally {
      connection.close();
    }
  };
}

/** Starts a process and gives what the guest says about it. */
export function exec(
  call: ExecCall,
  argv: string[],
  { terminal = false } = {},
): AsyncIterable<ExecEvent> {
  const done = new AbortController();
  async function* requests(): AsyncGenerator<ExecRequestInit> {
    const size = terminal ? { terminal: { rows: 24, columns: 80 } } : {};
    yield { request: { case: "start", value: { argv, ...size } } };
    // The stream of requests stays open as long as the process runs, as a terminal's does.
    await new Promise<void>((resolve) => done.signal.addEventListener("abort", () => resolve()));
  }
  const events = call(requests());
  return (async function* () {
    try {
      yield* events;
    } finally {
      done.abort();
    }
  })();
}

/** Reads a process's events to their end and counts the bytes of its output. */
export async function drain(events: AsyncIterable<ExecEvent>): Promise<number> {
  let bytes = 0;
  for await (const event of events) {
    if (event.case === "stdout" || event.case === "stderr") bytes += event.bytes.length;
    if (event.case === "exited") break;
  }
  return bytes;
}
