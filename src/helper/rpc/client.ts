import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { SandboxService } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import { openSocket } from "./socket.ts";
import { windowBytes } from "./windows.ts";

/** A connection to the supervisor of a sandbox. */
export type SandboxConnection = {
  sandbox: Client<typeof SandboxService>;
  /** Settles when the supervisor has gone. */
  closed: Promise<void>;
  close(): void;
};

const longestMessageBytes = 4 * 1024 * 1024;

/** Connects, or fails with `not-running` (no socket) or `stale-socket` (nobody behind it). */
export async function connectSandbox(path: string): Promise<SandboxConnection> {
  const socket = await openSocket(path);
  const transport = createConnectTransport({
    baseUrl: "http://sandbox",
    httpVersion: "2",
    acceptCompression: [],
    readMaxBytes: longestMessageBytes,
    nodeOptions: {
      createConnection: () => socket,
      settings: { initialWindowSize: windowBytes },
    },
  });
  return {
    sandbox: createClient(SandboxService, transport),
    closed: new Promise((resolve) => socket.once("close", () => resolve())),
    close: () => socket.destroy(),
  };
}
