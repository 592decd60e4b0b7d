import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { Socket } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { SandboxService } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { SandboxServerOptions } from "./server.ts";
import { execPath, windowBytes } from "./windows.ts";

/** What speaks with the clients of a sandbox. */
export type Answering = { accept(socket: Socket): void; close(): Promise<void> };

/** More than Node's 10 MB, so that many busy calls over one connection (the extension's) fit. */
const sessionMemoryMegabytes = 64;

export function answerClients(options: SandboxServerOptions): Answering {
  const adapter = connectNodeAdapter({
    routes: (router) => router.service(SandboxService, options.service),
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
  server.on("request", (request, response) => {
    if (request.url === execPath) forward(request, response, options.guestSession());
    else adapter(request, response);
  });
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

/** Pipes one call to the guest and back; Connect's streams have no trailers, so bytes suffice. */
function forward(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  guest: ClientHttp2Session | undefined,
): void {
  if (guest === undefined || guest.closed || guest.destroyed) {
    response.writeHead(503).end();
    return;
  }
  const upstream = guest.request({
    ":method": "POST",
    ":path": execPath,
    ...endToEnd(request.headers),
  });
  request.pipe(upstream);
  upstream.once("response", (headers) => {
    answer(response, headers);
    upstream.pipe(response);
  });
  linkEnds(upstream, response);
}

/** The guest chooses its headers, and those that HTTP forbids make Node throw: that is a bad gateway. */
function answer(response: Http2ServerResponse, headers: Record<string, unknown>): void {
  const status = Number(headers[":status"]);
  try {
    response.writeHead(status >= 200 && status <= 599 ? status : 502, endToEnd(headers));
  } catch {
    response.writeHead(502);
  }
}

/** When one end breaks off, so does the other: the guest hangs up the process of a lost client. */
function linkEnds(upstream: ClientHttp2Stream, response: Http2ServerResponse): void {
  const client = response.stream;
  client.once("close", () => {
    if (!upstream.closed) upstream.close(constants.NGHTTP2_CANCEL);
  });
  upstream.once("close", () => {
    if (!client.closed && !client.writableEnded) client.close(constants.NGHTTP2_INTERNAL_ERROR);
  });
  // Both streams report their end through `close`; the reason is in the RST code.
  upstream.on("error", () => upstream.close());
  client.on("error", () => client.close());
}

function endToEnd(headers: Record<string, unknown>): Record<string, string> {
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string] => !entry[0].startsWith(":") && typeof entry[1] === "string",
  );
  return Object.fromEntries(kept);
}
