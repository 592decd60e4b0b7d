// One process in the guest over any client of the agent, its output counted and thrown away.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type {
  AgentService,
  ExecRequestSchema,
  ExecResponse,
} from "#shared/generated/airlock/agent/v1/agent_pb.js";

/** Starts a process and gives its answers. */
export function exec(
  agent: Client<typeof AgentService>,
  argv: string[],
  { terminal = false } = {},
): AsyncIterable<ExecResponse> {
  const done = new AbortController();
  async function* requests(): AsyncGenerator<MessageInitShape<typeof ExecRequestSchema>> {
    const size = terminal ? { terminal: { rows: 24, columns: 80 } } : {};
    yield { request: { case: "start", value: { argv, ...size } } };
    // The stream of requests stays open as long as the process runs, as a terminal's does.
    await new Promise<void>((resolve) => done.signal.addEventListener("abort", () => resolve()));
  }
  const answers = agent.exec(requests());
  return (async function* () {
    try {
      yield* answers;
    } finally {
      done.abort();
    }
  })();
}

/** Reads a process's answers to their end and counts the bytes of its output. */
export async function drain(answers: AsyncIterable<ExecResponse>): Promise<number> {
  let bytes = 0;
  for await (const { response } of answers) {
    if (response.case === "stdout" || response.case === "stderr") bytes += response.value.length;
    // The last answer; the transport would otherwise wait for the requests to end.
    if (response.case === "exited") break;
  }
  return bytes;
}
