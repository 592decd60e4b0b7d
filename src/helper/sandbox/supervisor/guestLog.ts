import type { Client } from "@connectrpc/connect";
import type { AgentService } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import type { Logger, LogLevel } from "#shared/log.ts";

/** Copies the guest's messages into our log until the guest ends. */
export async function copyGuestLog(agent: Client<typeof AgentService>, log: Logger): Promise<void> {
  const { LogLevel: Level } = await import("#shared/generated/airlock/agent/v1/agent_pb.js");
  const levels: Partial<Record<number, LogLevel>> = {
    [Level.TRACE]: "trace",
    [Level.DEBUG]: "debug",
    [Level.WARN]: "warn",
    [Level.ERROR]: "error",
  };
  try {
    for await (const entry of agent.logs({})) {
      log.for(`guest.${entry.target}`)[levels[entry.level] ?? "info"](entry.text);
    }
  } catch {
    // The stream breaks when the machine ends, which is noticed and reported elsewhere.
  }
}
