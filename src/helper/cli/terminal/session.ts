import { once } from "node:events";
import type { Writable } from "node:stream";
import { openInputSoon } from "#helper/compilers.ts";
import { type ExecCall, ExecError } from "#helper/rpc/exec/call.ts";
import type { ExecEvent } from "#helper/rpc/exec/messages.ts";
import { AirlockError } from "#shared/errors.ts";
import type { Dump } from "./ptyDump.ts";
import { enterRawMode, terminalSize } from "./rawMode.ts";
import { RequestQueue } from "./requests.ts";
import { forwardSignals } from "./signals.ts";

export type SessionOptions = {
  exec: ExecCall;
  argv: readonly string[];
  env: readonly string[];
  /** Empty: the sandbox's working directory. */
  cwd: string;
  login: boolean;
  /** Whether the process gets a terminal; by default when our standard input is one. */
  terminal: boolean;
  /** Where the process's standard output goes instead of ours. */
  stdout?: Writable;
  /** Gets a copy of all output. */
  dump?: Dump | undefined;
};

const sigpipe = 13;

/** How an attached process can fail to give an exit code. */
export class SessionError extends AirlockError<
  "launch" | "not-ready" | "suspended" | "connection-lost"
> {}

/** A process that was asked for. */
export type Session = {
  /** Attaches it to this process's terminal or pipes; gives its exit code. */
  attend(): Promise<number>;
};

/** Runs one process in the guest, attached to this process's terminal or pipes, and returns its exit code. */
export function runSession(options: SessionOptions): Promise<number> {
  return beginSession(options).attend();
}

/**
 * Asks for one process in the guest. Input, sizes and signals travel in one stream, so that none overtakes
 * another. What the process says, and this one's input and signals, wait until somebody attends.
 */
export function beginSession(options: SessionOptions): Session {
  const requests = new RequestQueue();
  requests.push({ request: { case: "start", value: startMessage(options) } });
  const resize = () => requests.push({ request: { case: "resize", value: terminalSize() } });
  if (options.terminal) process.on("SIGWINCH", resize);
  openInputSoon();
  const begun = { requests, events: options.exec(requests) };
  const forgetSize = () => void process.removeListener("SIGWINCH", resize);
  return { attend: () => attend(options, begun).finally(forgetSize) };
}

type Begun = { requests: RequestQueue; events: AsyncIterable<ExecEvent> };

async function attend(options: SessionOptions, begun: Begun): Promise<number> {
  const { requests } = begun;
  const stopSignals = forwardSignals((number) =>
    requests.push({ request: { case: "signal", value: number } }),
  );
  let leaveRawMode: () => void = () => undefined;
  const attach = () => {
    if (options.terminal) leaveRawMode = enterRawMode();
    // A broken standard input ends like one that is used up.
    requests.pump(process.stdin).catch(() => {
      requests.push({ request: { case: "stdinEnd", value: {} } });
    });
  };
  try {
    return await relay(options, begun, attach);
  } finally {
    leaveRawMode();
    requests.end();
    stopSignals();
  }
}

function startMessage(options: SessionOptions) {
  const { argv, env, cwd, login, terminal } = options;
  const start = { argv: [...argv], env: [...env], cwd, login };
  return terminal ? { ...start, terminal: terminalSize() } : start;
}

async function relay(
  { dump, stdout = process.stdout }: SessionOptions,
  { requests, events }: Begun,
  attach: () => void,
): Promise<number> {
  let started = false;
  const readerGone = watchReader(stdout, requests);
  try {
    for await (const event of events) {
      if (event.case === "started") {
        started = true;
        attach();
      } else if (event.case === "exited") {
        return event.code;
      } else {
        dump?.(event.bytes);
        await put(event.case === "stdout" ? stdout : process.stderr, event.bytes);
      }
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
  if (!(error instanceof ExecError)) return error as Error;
  const { code, message } = error;
  if (started && code === "failed_precondition") {
    const text = "The sandbox was suspended, and with it this session has ended.";
    return new SessionError("suspended", text, { cause: error });
  }
  if (!started && code === "unavailable") {
    const text = "The sandbox cannot run commands now: it is just starting or stopping.";
    return new SessionError("not-ready", text, { cause: error });
  }
  if (started || lostCodes.includes(code)) {
    const text = "The connection to the sandbox was lost.";
    return new SessionError("connection-lost", text, { cause: error });
  }
  return new SessionError("launch", message, { cause: error });
}

const lostCodes = ["unavailable", "aborted", "canceled", "internal", "unknown"];
