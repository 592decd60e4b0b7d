import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  SandboxService,
  type WatchEvent,
} from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import { socketPath } from "#shared/protocol/socketPath.ts";
import { sandboxStatusSchema } from "#shared/protocol/status.ts";
import type { SandboxEvent } from "./state.ts";

const connectTimeoutMs = 2_000;

/**
 * Calls `use` with a client of the sandbox's supervisor and closes the connection after it. Returns
 * undefined when no supervisor listens.
 */
export async function withSupervisor<T>(
  folder: string,
  use: (client: Client<typeof SandboxService>) => Promise<T>,
): Promise<T | undefined> {
  const socket = await openSocket(supervisorSocket(folder));
  if (socket === undefined) return undefined;
  try {
    const transport = createConnectTransport({
      httpVersion: "2",
      baseUrl: "http://sandbox",
      nodeOptions: { createConnection: () => socket },
    });
    return await use(createClient(SandboxService, transport));
  } finally {
    socket.destroy();
  }
}

/** Where the supervisor of the sandbox in `folder` listens. */
export function supervisorSocket(folder: string): string {
  return socketPath({
    sandboxDir: join(realpathSync(folder), ".airlock", "sandbox"),
    cacheDir: join(homedir(), ".cache", "airlock"),
    sha256hex: (text) => createHash("sha256").update(text).digest("hex"),
  });
}

/** What an event of the supervisor means for the state; undefined when nothing. */
export function readWatchEvent({ event }: WatchEvent): SandboxEvent | undefined {
  switch (event.case) {
    case "state": {
      const status = sandboxStatusSchema.parse(JSON.parse(event.value.statusJson));
      return { type: "reported", status };
    }
    case "progress": {
      const { phase, text, doneBytes, totalBytes } = event.value;
      const amount = { doneBytes: Number(doneBytes), totalBytes: Number(totalBytes) };
      return {
        type: "progress",
        progress: { phase, text, amount: totalBytes > 0n ? amount : null },
      };
    }
    case "usage":
    case undefined:
      return undefined;
  }
}

function openSocket(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: connectTimeoutMs });
    const absent = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once("error", absent);
    socket.once("timeout", absent);
    socket.once("connect", () => {
      socket.off("error", absent);
      socket.off("timeout", absent);
      socket.setTimeout(0);
      // The transport reports errors; without a listener they would end the process.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}
