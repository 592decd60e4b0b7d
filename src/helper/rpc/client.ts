import { connect, type Socket } from "node:net";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { AgentService } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { SandboxService } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import { windowBytes } from "./windows.ts";

/** A connection to the supervisor of a sandbox. */
export type SandboxConnection = {
  sandbox: Client<typeof SandboxService>;
  /** The guest's agent; the supervisor forwards Exec only. */
  agent: Client<typeof AgentService>;
  /** Settles when the supervisor has gone. */
  closed: Promise<void>;
  close(): void;
};

const connectDeadlineMs = 5_000;
const longestMessageBytes = 4 * 1024 * 1024;

/** Connects, or fails with `not-running` (no socket) or `stale-socket` (nobody behind it). */
export async function connectSandbox(path: string): Promise<SandboxConnection> {
  const socket = await openSocket(path);
  const transport = createConnectTransport({
    baseUrl: "http://sandbox",
    httpVersion: "2",
    acceptCompression: [],
    // Answers to exec come from the guest as they are.
    readMaxBytes: longestMessageBytes,
    nodeOptions: {
      createConnection: () => socket,
      settings: { initialWindowSize: windowBytes },
    },
  });
  return {
    sandbox: createClient(SandboxService, transport),
    agent: createClient(AgentService, transport),
    closed: new Promise((resolve) => socket.once("close", () => resolve())),
    close: () => socket.destroy(),
  };
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(connectDeadlineMs, () => socket.destroy(new Error("no answer")));
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.removeAllListeners("error");
      // A connection that breaks later is reported by the calls that run on it.
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => reject(connectError(path, error)));
  });
}

function connectError(path: string, error: NodeJS.ErrnoException): SandboxError {
  if (error.code === "ENOENT") {
    return new SandboxError("not-running", "The sandbox is not running.", {
      hint: "Start it with `airlock start`.",
      cause: error,
    });
  }
  return new SandboxError("stale-socket", `Nobody answers on the sandbox's socket ${path}.`, {
    hint: "The socket is stale: start the sandbox again with `airlock start`.",
    cause: error,
  });
}
