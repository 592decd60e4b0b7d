// One process in the guest over any link to an agent, its output counted and thrown away.
import type { ExecCall } from "#helper/rpc/exec/call.ts";
import type { ExecEvent, ExecRequestInit } from "#helper/rpc/exec/messages.ts";

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
