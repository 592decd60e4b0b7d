import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { openSession } from "#helper/link/session.ts";
import { AirlockError } from "#shared/errors.ts";
import { openSocket } from "../socket.ts";
import { execPath } from "../windows.ts";
import { type Envelope, envelope, envelopes } from "./envelopes.ts";
import { decodeResponse, type ExecEvent, type ExecRequestInit, encodeRequest } from "./messages.ts";

/** Runs one process in the guest: `exited` is the last event of a call that did not fail. */
export type ExecCall = (requests: AsyncIterable<ExecRequestInit>) => AsyncIterable<ExecEvent>;

export type ExecConnection = { exec: ExecCall; close(): void };

/** Why a call failed, in the words of https://connectrpc.com/docs/protocol#error-codes. */
export class ExecError extends AirlockError {}

/** The guest must not make us gather more than this in our memory. */
const longestMessageBytes = 4 * 1024 * 1024;

/** Connects to the supervisor's socket; fails as `connectSandbox` does. */
export async function connectExec(socketPath: string): Promise<ExecConnection> {
  const session = openSession(await openSocket(socketPath));
  return {
    exec: (requests) => execOver(session, requests),
    close: () => session.destroy(),
  };
}

/** One call of AgentService/Exec over a session that leads to an agent. */
export async function* execOver(
  session: ClientHttp2Session,
  requests: AsyncIterable<ExecRequestInit>,
): AsyncGenerator<ExecEvent> {
  if (session.destroyed) throw new ExecError("unavailable", "The connection is closed.");
  const stream = session.request({
    ":method": "POST",
    ":path": execPath,
    "content-type": "application/connect+proto",
    "connect-protocol-version": "1",
  });
  // Who reads or writes hears of it; a stream that breaks after its call must not end the process.
  stream.on("error", () => undefined);
  const answered = statusOf(stream);
  void send(stream, requests);
  try {
    refuseStatus(await answered);
    yield* events(envelopes(stream, longestMessageBytes));
  } catch (error) {
    throw error instanceof ExecError ? error : lost(error);
  } finally {
    // No more requests; the guest waits for this end of the stream.
    stream.end();
    stream.resume();
  }
}

function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stream.once("response", (headers) => resolve(headers[":status"]));
    stream.once("error", reject);
    stream.once("close", () => reject(lost(undefined)));
  });
}

/** Sends requests as fast as they are taken. A stream that breaks is reported by its reader. */
async function send(
  stream: ClientHttp2Stream,
  requests: AsyncIterable<ExecRequestInit>,
): Promise<void> {
  try {
    for await (const request of requests) {
      if (stream.writableEnded || stream.destroyed) return;
      if (!stream.write(envelope(encodeRequest(request)))) await untilDrained(stream);
    }
    stream.end();
  } catch (error) {
    stream.destroy(lost(error));
  }
}

async function untilDrained(stream: ClientHttp2Stream): Promise<void> {
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

function refuseStatus(status: unknown): void {
  if (status === 200) return;
  const code = [429, 502, 503, 504].includes(Number(status)) ? "unavailable" : "unknown";
  throw new ExecError(code, `The sandbox answered with the HTTP status ${status}.`);
}

function lost(cause: unknown): ExecError {
  return new ExecError("aborted", "The connection to the sandbox broke.", { cause });
}
