import type { Client } from "@connectrpc/connect";
import type { AgentService } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import type { Logger, LogLevel } from "#shared/log.ts";

/** Copies the guest's messages into our log until the guest ends. */
export async function copyGuestLog(
  agent: Pick<Client<typeof AgentService>, "logs">,
  log: Logger,
): Promise<void> {
  const { LogLevel: Level } = await import("#shared/generated/airlock/agent/v1/agent_pb.js");
  const levels: Partial<Record<number, LogLevel>> = {
    [Level.TRACE]: "trace",
    [Level.DEBUG]: "debug",
    [Level.WARN]: "warn",
    [Level.ERROR]: "error",
  };
  // The little that the guest says in passing belongs to what a developer of it looks for.
  const level = log.level === "debug" ? "trace" : log.level;
  try {
    for await (const entry of agent.logs({})) {
      log.for(`guest.${entry.target}`, level)[levels[entry.level] ?? "info"](entry.text);
    }
  } catch {
    // The stream breaks when the machine ends, which is noticed and reported elsewhere.
  }
}
