import { type ClientHttp2Session, connect } from "node:http2";
import type { Duplex } from "node:stream";

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
  const session = connect(authority, {
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

/** Destroys a session whose other end stays silent: a paused or wedged guest closes nothing. */
export function watchLiveness(
  session: ClientHttp2Session,
  { intervalMs = 10_000, patienceMs = 30_000 } = {},
): void {
  let lastAnswer = performance.now();
  const timer = setInterval(() => {
    const late = performance.now() - lastAnswer > patienceMs;
    if (late || session.destroyed) {
      clearInterval(timer);
      session.destroy();
      return;
    }
    session.ping((error) => {
      if (error === null) lastAnswer = performance.now();
    });
  }, intervalMs);
  timer.unref();
  session.once("close", () => clearInterval(timer));
}
