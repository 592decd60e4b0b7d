import { type ClientHttp2Session, connect } from "node:http2";
import type { Duplex } from "node:stream";
import { agentUnreachable } from "../machine/errors.ts";

/** Taken now, with which Node loads HTTP/2, and not when the agent has spoken and everything waits. */
const connectHttp2 = connect;

/** The guest has no name; HTTP wants one. */
export const authority = "http://guest";

const streamWindowBytes = 4 * 1024 * 1024;
const sessionWindowBytes = 16 * 1024 * 1024;
const frameBytes = 1024 * 1024;

/**
 * HTTP/2 with prior knowledge over a byte stream. Node's windows of 64 KB would let a bulk transfer
 * wait for a round trip through the guest after every few frames.
 */
export function openSession(stream: Duplex): ClientHttp2Session {
  const session = connectHttp2(authority, {
    createConnection: () => stream,
    settings: {
      enablePush: false,
      initialWindowSize: streamWindowBytes,
      maxFrameSize: frameBytes,
    },
  });
  session.once("connect", () => session.setLocalWindowSize(sessionWindowBytes));
  // Whoever has a request open gets the error there; without a listener it would end the process.
  session.on("error", () => session.destroy());
  return session;
}

const frameHeaderBytes = 9;
const settingsFrameType = 4;

/**
 * Waits for the server's first frame, without taking it. A server of HTTP/2 speaks as soon as it is
 * there; what we sent before could be read by nobody, or by the server of the connection before.
 */
export async function awaitServer(stream: Duplex, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const header = await firstBytes(stream, frameHeaderBytes, signal);
  const isSettings = header[3] === settingsFrameType && header[4] === 0;
  if (!isSettings) throw agentUnreachable("The port still carries an earlier connection.");
}

function firstBytes(stream: Duplex, count: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      stream.off("readable", onReadable);
      stream.off("close", onClose);
      stream.off("error", onError);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onReadable = () => {
      const bytes: Buffer | null = stream.read(count);
      if (bytes === null) return;
      stream.unshift(bytes);
      finish(() => resolve(bytes));
    };
    const onClose = () => finish(() => reject(agentUnreachable("The port was closed.")));
    const onError = (error: Error) => finish(() => reject(error));
    const onAbort = () => finish(() => reject(signal.reason));
    stream.on("readable", onReadable);
    stream.once("close", onClose);
    stream.once("error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Destroys a session whose other end stays silent: a wedged guest closes nothing. Unanswered pings
 * are counted instead of time, because a host that has slept finds much time gone at once.
 */
export function watchLiveness(
  session: ClientHttp2Session,
  { intervalMs = 10_000, patience = 6 } = {},
): void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered >= patience) {
      // Without a reason, whoever waits for an answer would go on to wait.
      session.destroy(agentUnreachable("The guest does not answer any more."));
      return;
    }
    unanswered += 1;
    session.ping((error) => {
      if (error === null) unanswered = 0;
    });
  }, intervalMs);
  timer.unref();
  session.once("close", () => clearInterval(timer));
}
