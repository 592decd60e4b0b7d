import { once } from "node:events";
import type { Writable } from "node:stream";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { AirlockError } from "#shared/errors.ts";
import type { AgentService, ExecResponse } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { enterRawMode, terminalSize } from "./rawMode.ts";
import { RequestQueue } from "./requests.ts";
import { forwardSignals } from "./signals.ts";

export type SessionOptions = {
  agent: Client<typeof AgentService>;
  argv: readonly string[];
  env: readonly string[];
  /** Empty: the sandbox's working directory. */
  cwd: string;
  login: boolean;
  /** Whether the process gets a terminal; by default when our standard input is one. */
  terminal: boolean;
  /** Where the process's standard output goes instead of ours. */
  stdout?: Writable;
};

const sigpipe = 13;

/** How an attached process can fail to give an exit code. */
export class SessionError extends AirlockError<
  "launch" | "not-ready" | "suspended" | "connection-lost"
> {}

/**
 * Runs one process in the guest, attached to this process's terminal or pipes, and returns its exit
 * code. Input, sizes and signals travel in one stream, so that none overtakes another.
 */
export async function runSession(options: SessionOptions): Promise<number> {
  const requests = new RequestQueue();
  requests.push({ request: { case: "start", value: startMessage(options) } });
  const stopSignals = forwardSignals((number) =>
    requests.push({ request: { case: "signal", value: number } }),
  );
  const resize = () => requests.push({ request: { case: "resize", value: terminalSize() } });
  if (options.terminal) process.on("SIGWINCH", resize);
  let leaveRawMode: () => void = () => undefined;
  const attach = () => {
    if (options.terminal) leaveRawMode = enterRawMode();
    // A broken standard input ends like one that is used up.
    requests.pump(process.stdin).catch(() => {
      requests.push({ request: { case: "stdinEnd", value: {} } });
    });
  };
  try {
    return await relay(options.agent.exec(requests), requests, {
      attach,
      stdout: options.stdout ?? process.stdout,
    });
  } finally {
    leaveRawMode();
    requests.end();
    stopSignals();
    process.removeListener("SIGWINCH", resize);
  }
}

function startMessage(options: SessionOptions) {
  const { argv, env, cwd, login, terminal } = options;
  const start = { argv: [...argv], env: [...env], cwd, login };
  return terminal ? { ...start, terminal: terminalSize() } : start;
}

async function relay(
  responses: AsyncIterable<ExecResponse>,
  requests: RequestQueue,
  { attach, stdout }: { attach: () => void; stdout: Writable },
): Promise<number> {
  let started = false;
  const readerGone = watchReader(stdout, requests);
  try {
    for await (const { response } of responses) {
      if (response.case === "started") {
        started = true;
        attach();
      } else if (response.case === "stdout") await put(stdout, response.value);
      else if (response.case === "stderr") await put(process.stderr, response.value);
      else if (response.case === "exited") return response.value.code;
    }
  } catch (error) {
    if (readerGone()) return 128 + sigpipe;
    throw sessionError(error, started);
  }
  throw new SessionError("connection-lost", "The sandbox ended before the command did.");
}

/** Nobody reads our output any more: the guest's process hears of it as it would without us. */
function watchReader(stdout: Writable, requests: RequestQueue): () => boolean {
  let gone = false;
  stdout.once("error", () => {
    gone = true;
    requests.push({ request: { case: "signal", value: sigpipe } });
  });
  return () => gone;
}

/** Writes and waits where the reader is slower than the guest. */
async function put(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.errored) return;
  if (stream.write(bytes)) return;
  const settled = new AbortController();
  // The event that does not come would keep its listener for ever, one for each write.
  const { signal } = settled;
  await Promise.race(["drain", "close"].map((event) => once(stream, event, { signal })));
  settled.abort();
}

function sessionError(error: unknown, started: boolean): Error {
  const { code, rawMessage } = ConnectError.from(error);
  if (started && code === Code.Aborted) {
    const message = "The sandbox was suspended, and with it this session has ended.";
    return new SessionError("suspended", message, { cause: error });
  }
  if (!started && code === Code.Unavailable) {
    const message = "The sandbox cannot run commands now: it is just starting or stopping.";
    return new SessionError("not-ready", message, { cause: error });
  }
  const lost = [Code.Unavailable, Code.Aborted, Code.Canceled, Code.Internal, Code.Unknown];
  if (started || lost.includes(code)) {
    const message = "The connection to the sandbox was lost.";
    return new SessionError("connection-lost", message, { cause: error });
  }
  return new SessionError("launch", rawMessage, { cause: error });
}
