// An HTTP proxy that leads where CONNECT says, and to nobody else than its user.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { listen } from "./registry.ts";

export type ConnectProxy = {
  readonly port: number;
  /** What it was asked: method and target, or address. */
  readonly asked: string[];
  /** All the header fields that it has seen. */
  readonly fields: Set<string>;
  stop(): void;
};

export type ProxyVariant = {
  /** `user:password` that it wants. */
  readonly credentials?: string;
  /** Its own certificate, for a proxy behind TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Takes connections and never answers. */
  readonly isMute?: boolean;
};

export async function startConnectProxy(variant: ProxyVariant = {}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const fields = new Set<string>();
  const sockets = new Set<Socket>();
  const server = variant.tls
    ? createTlsServer({
        cert: readFileSync(variant.tls.certificate),
        key: readFileSync(variant.tls.key),
      })
    : createServer();
  const note = (request: IncomingMessage) => {
    asked.push(`${request.method} ${request.url}`);
    for (const name of Object.keys(request.headers)) fields.add(name);
  };
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("request", (request, response) => {
    note(request);
    response.writeHead(405).end();
  });
  server.on("connect", (request, socket: Socket) => {
    note(request);
    socket.on("error", () => undefined);
    if (variant.isMute) return;
    if (!isUser(request, variant)) {
      socket.end("HTTP/1.1 407 Who are you\r\nproxy-authenticate: Basic\r\n\r\n");
      return;
    }
    lead(request.url ?? "", socket);
  });
  const port = await listen(server);
  return {
    port,
    asked,
    fields,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function isUser({ headers }: IncomingMessage, { credentials }: ProxyVariant): boolean {
  if (credentials === undefined) return true;
  const wanted = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return headers["proxy-authorization"] === wanted;
}

function lead(target: string, socket: Socket): void {
  const upstream = connect(Number(target.split(":").at(-1)), "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on("error", () => socket.destroy());
  socket.on("close", () => upstream.destroy());
}
