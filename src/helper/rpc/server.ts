import { mkdir, rm } from "node:fs/promises";
import type { ClientHttp2Session } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceImpl } from "@connectrpc/connect";
import type { SandboxService } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import { withShippedCode } from "../compilers.ts";
import type { Answering } from "./answers.ts";
import { greeting, waitingGreeting } from "./exec/greeting.ts";

export type SandboxServerOptions = {
  socketPath: string;
  service: ServiceImpl<typeof SandboxService>;
  /** The guest's session, once processes can be started there. */
  guestSession: () => ClientHttp2Session | undefined;
  /** Settles when processes can be started, or never will be. */
  started?: Promise<unknown>;
  /** Clients wait for this, though not long: loading what answers them would delay the machine. */
  answerFrom?: Promise<unknown>;
};

const longestSilenceMs = 500;

export type SandboxServer = { close(): Promise<void> };

/**
 * Serves the sandbox's socket; only the user may connect. What it takes to answer is loaded when the first
 * client of its kind comes: until then, nothing may delay the machine.
 */
export async function serveSandbox(options: SandboxServerOptions): Promise<SandboxServer> {
  let answering: Promise<Answering> | undefined;
  let mayAnswer: Promise<unknown> | undefined;
  const answer = async () => (await import("./answers.ts")).answerCalls(options.service);
  const serve = async (socket: Socket) => {
    const kind = await clientKind(socket);
    mayAnswer ??= Promise.race([
      options.answerFrom,
      delay(longestSilenceMs, undefined, { ref: false }),
    ]);
    await mayAnswer;
    if (kind !== "calls") {
      const { forward } = await import("./exec/forward.ts");
      if (kind === "waits") await options.started;
      return forward(socket, options.guestSession());
    }
    answering ??= answer();
    (await answering).accept(socket);
  };
  const server = createServer((socket) => {
    // A client that vanished is no error of ours.
    socket.on("error", () => socket.destroy());
    serve(socket).catch(() => socket.destroy());
  });
  await mkdir(dirname(options.socketPath), { recursive: true, mode: 0o700 });
  await rm(options.socketPath, { force: true });
  await listen(server, options.socketPath);
  return {
    async close() {
      await rm(options.socketPath, { force: true });
      server.close();
      await (await answering)?.close();
    },
  };
}

/** Tells by a client's first bytes whether it runs a process, and when, or makes calls, whose bytes they then are. */
function clientKind(socket: Socket): Promise<"execs" | "waits" | "calls"> {
  return new Promise((resolve) => {
    const begin = () => {
      const first: Buffer | null = socket.read(greeting.length);
      if (first === null) return;
      socket.off("readable", begin);
      if (first.equals(greeting)) return resolve("execs");
      if (first.equals(waitingGreeting)) return resolve("waits");
      socket.unshift(first);
      resolve("calls");
    };
    socket.on("readable", begin);
  });
}

/** The socket is born private: between its creation and a change of its mode others could connect. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const before = process.umask(0o177);
    try {
      // The first to listen loads Node's modules for clusters.
      withShippedCode(() => server.listen(path, resolve));
    } finally {
      process.umask(before);
    }
  });
}
