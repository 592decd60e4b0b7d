import type { Logger } from "#shared/log.ts";
import { messageOf } from "../errors.ts";
import type { Board } from "./board.ts";
import type { BootedSandbox } from "./boot.ts";
import { delay } from "./clock.ts";
import type { StopDemand } from "./service.ts";

export type ShutDownOrder = {
  demand: StopDemand;
  board: Board;
  log: Logger;
  limits?: ShutDownLimits;
};

export type ShutDownLimits = {
  /** Time for the guest to bring its disk to rest, beyond the grace of its processes. */
  longestMs: number;
  /** Time after which everybody is told what is waited for, likewise beyond the grace. */
  noticeMs: number;
  /** When a guest that does not even answer pings is given up. */
  silence: { intervalMs: number; patience: number };
};

/** A gigabyte that was not written yet takes a slow disk so long. */
const usualLimits: ShutDownLimits = {
  longestMs: 120_000,
  noticeMs: 4_000,
  silence: { intervalMs: 4_000, patience: 5 },
};

/**
 * Lets the guest end its processes and bring its disk to rest. As long as it lives it is waited for:
 * whoever kills it before loses what it has not written yet. Whoever has no patience stops by force.
 */
export async function shutDown(
  { machine, link }: Pick<BootedSandbox, "machine" | "link">,
  { demand, board, log, limits = usualLimits }: ShutDownOrder,
): Promise<void> {
  board.update({ status: "stopping" });
  const { force, graceMs, pauseMs = 0 } = demand;
  if (force) return;
  const notice = setTimeout(
    () => board.progress("stop", "The guest is still writing to its disk"),
    pauseMs + graceMs + limits.noticeMs,
  );
  try {
    await Promise.race([machine.exited, delay(pauseMs)]);
    const { watchLiveness } = await import("#helper/link/session.ts");
    watchLiveness(link.session, limits.silence);
    // After its answer the guest has nothing left to lose: its machine is ended, and need not power off.
    await link.agent.shutdown({ graceMs }, { timeoutMs: graceMs + limits.longestMs });
    await machine.kill({ atOnce: true });
  } catch (error) {
    log.warn(`the guest did not shut down in order: ${messageOf(error)}`);
  } finally {
    clearTimeout(notice);
  }
}
