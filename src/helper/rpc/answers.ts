import { createServer, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { SandboxService } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { SandboxServerOptions } from "./server.ts";
import { windowBytes } from "./windows.ts";

/** What answers the calls of a sandbox's clients. */
export type Answering = { accept(socket: Socket): void; close(): Promise<void> };

/** More than Node's 10 MB, so that many busy calls over one connection (the extension's) fit. */
const sessionMemoryMegabytes = 64;

export function answerCalls(service: SandboxServerOptions["service"]): Answering {
  const adapter = connectNodeAdapter({
    routes: (router) => router.service(SandboxService, service),
    acceptCompression: [],
  });
  const server = createServer({
    settings: { initialWindowSize: windowBytes },
    maxSessionMemory: sessionMemoryMegabytes,
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(4 * windowBytes);
    session.once("close", () => sessions.delete(session));
    // A client that vanished is no error of ours; its streams are closed with it.
    session.on("error", () => session.destroy());
  });
  server.on("request", adapter);
  return {
    accept: (socket) => void server.emit("connection", socket),
    close: () => closeSessions(sessions),
  };
}

/** Lets answers that are on their way leave, then hangs up on everybody. */
async function closeSessions(sessions: ReadonlySet<ServerHttp2Session>): Promise<void> {
  const all = [...sessions];
  const closed = all.map((session) => new Promise<void>((resolve) => closing(session, resolve)));
  const patience = new Promise<void>((resolve) => setTimeout(resolve, 500).unref());
  await Promise.race([Promise.all(closed), patience]);
  for (const session of all) session.destroy();
}

/** By the event: a callback of `close` is dropped when somebody else has begun to close it, as servers do. */
function closing(session: ServerHttp2Session, then: () => void): void {
  session.once("close", then);
  session.close();
}
