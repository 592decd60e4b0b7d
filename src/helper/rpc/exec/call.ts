import { once } from "node:events";
import type { Duplex } from "node:stream";
import { AirlockError } from "#shared/errors.ts";
import { openSocket } from "../socket.ts";
import { type Envelope, envelope, envelopes } from "./envelopes.ts";
import { greeting, waitingGreeting } from "./greeting.ts";
import { decodeResponse, type ExecEvent, type ExecRequestInit, encodeRequest } from "./messages.ts";

/** Asks at once for one process in the guest: `exited` is the last event of a call that did not fail. */
export type ExecCall = (requests: AsyncIterable<ExecRequestInit>) => AsyncGenerator<ExecEvent>;

/** A connection for one call. */
export type ExecConnection = { exec: ExecCall; close(): void };

/** Why a call failed, in the words of https://connectrpc.com/docs/protocol#error-codes. */
export class ExecError extends AirlockError {}

/** The guest must not make us gather more than this in our memory. */
const longestMessageBytes = 4 * 1024 * 1024;

/**
 * Connects to the supervisor's socket; fails as `connectSandbox` does. A call waits for a guest that has yet to start
 * if that is wanted, and is `unavailable` otherwise.
 */
export async function connectExec(
  socketPath: string,
  { waits } = { waits: false },
): Promise<ExecConnection> {
  const socket = await openSocket(socketPath);
  socket.write(waits ? waitingGreeting : greeting);
  return { exec: (requests) => callOver(socket, requests), close: () => socket.destroy() };
}

/**
 * One call of AgentService/Exec: the bodies of its request and its answer, as Connect has them, on a stream.
 * Whoever has enough of the answer leaves it, which destroys the stream, and the guest hears of that.
 */
export function callOver(
  stream: Duplex,
  requests: AsyncIterable<ExecRequestInit>,
): AsyncGenerator<ExecEvent> {
  // Who reads or writes hears of it; a stream that breaks after its call must not end the process.
  stream.on("error", () => undefined);
  void send(stream, requests);
  return answer(stream);
}

async function* answer(stream: Duplex): AsyncGenerator<ExecEvent> {
  try {
    yield* events(envelopes(stream, longestMessageBytes));
  } catch (error) {
    throw error instanceof ExecError ? error : lost(error);
  }
}

/** Sends requests as fast as they are taken. A stream that breaks is reported by its reader. */
async function send(stream: Duplex, requests: AsyncIterable<ExecRequestInit>): Promise<void> {
  try {
    for await (const request of requests) {
      if (stream.writableEnded || stream.destroyed) return;
      if (!stream.write(envelope(encodeRequest(request)))) await untilDrained(stream);
    }
  } catch (error) {
    stream.destroy(lost(error));
  }
}

async function untilDrained(stream: Duplex): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race(["drain", "close"].map((event) => once(stream, event, { signal })));
  settled.abort();
}

async function* events(all: AsyncIterable<Envelope>): AsyncGenerator<ExecEvent> {
  for await (const { last, message } of all) {
    if (last) {
      refuseFailure(message);
      return;
    }
    const event = decodeResponse(message);
    if (event !== undefined) yield event;
  }
  throw new ExecError("unknown", "The answer has no end.");
}

/** The last envelope is JSON with the call's error, where it has one. */
function refuseFailure(message: Buffer): void {
  const { error } = JSON.parse(message.toString("utf8")) as {
    error?: { code?: unknown; message?: unknown };
  };
  if (error === undefined) return;
  throw new ExecError(String(error.code ?? "unknown"), String(error.message ?? ""));
}

function lost(cause: unknown): ExecError {
  return new ExecError("aborted", "The connection to the sandbox broke.", { cause });
}
