import { connect, type Socket } from "node:net";
import { SandboxError } from "#helper/sandbox/errors.ts";

const connectDeadlineMs = 5_000;

/** Connects to a supervisor's socket, or fails with `not-running` (no socket) or `stale-socket` (nobody behind it). */
export function openSocket(path: string): Promise<Socket> {
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
