import { mkdir, rm } from "node:fs/promises";
import type { ClientHttp2Session } from "node:http2";
import { createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceImpl } from "@connectrpc/connect";
import type { SandboxService } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { Answering } from "./answers.ts";

export type SandboxServerOptions = {
  socketPath: string;
  service: ServiceImpl<typeof SandboxService>;
  /** The guest's session, once processes can be started there. */
  guestSession: () => ClientHttp2Session | undefined;
  /** Clients wait for this, though not long: loading what answers them would delay the machine. */
  answerFrom?: Promise<unknown>;
};

const longestSilenceMs = 500;

export type SandboxServer = { close(): Promise<void> };

/**
 * Serves the sandbox's socket; only the user may connect. What it takes to answer is loaded when the first
 * client comes: until then, nothing may delay the machine.
 */
export async function serveSandbox(options: SandboxServerOptions): Promise<SandboxServer> {
  let answering: Promise<Answering> | undefined;
  const answer = async () => {
    await Promise.race([options.answerFrom, delay(longestSilenceMs, undefined, { ref: false })]);
    return (await import("./answers.ts")).answerClients(options);
  };
  const server = createServer((socket) => {
    // A client that vanished is no error of ours.
    socket.on("error", () => socket.destroy());
    answering ??= answer();
    answering.then(
      ({ accept }) => accept(socket),
      () => socket.destroy(),
    );
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

/** The socket is born private: between its creation and a change of its mode others could connect. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
}
