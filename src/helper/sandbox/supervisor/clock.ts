import { readlink } from "node:fs/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClockSchema } from "#shared/generated/airlock/agent/v1/agent_pb.js";

const syncIntervalMs = 60_000;
const lookIntervalMs = 2_000;
/** A difference between the two clocks that only a sleep of the host or a clock change explains. */
const jumpMs = 1_000;

export function hostClock(nowMs = Date.now()): MessageInitShape<typeof ClockSchema> {
  const seconds = Math.floor(nowMs / 1000);
  return { seconds: BigInt(seconds), nanos: Math.floor((nowMs - seconds * 1000) * 1e6) };
}

const hostClocks = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** Name of the host's time zone, such as `Europe/Berlin`. */
export async function hostTimeZone(
  variable = process.env.TZ,
  localTime = "/etc/localtime",
): Promise<string> {
  // Node knows it, too, but takes longer to load its knowledge of languages than a guest to answer.
  const target = variable ? "" : await readlink(localTime).catch(() => "");
  const [, zone] = target.split("/zoneinfo/");
  return zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * Calls `sync` every minute and soon after the host's wall clock jumped, which is how a sleep shows:
 * the monotonic clock stands still meanwhile. Returns how to stop.
 */
export function keepClock(sync: () => void, clocks = hostClocks): () => void {
  const wallLeadMs = () => clocks.wallMs() - clocks.monotonicMs();
  let lead = wallLeadMs();
  let lastSyncMs = clocks.monotonicMs();
  const timer = setInterval(() => {
    const jumped = Math.abs(wallLeadMs() - lead) > jumpMs;
    if (!jumped && clocks.monotonicMs() - lastSyncMs < syncIntervalMs) return;
    lead = wallLeadMs();
    lastSyncMs = clocks.monotonicMs();
    sync();
  }, lookIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** A wait that keeps no process alive. */
export function delay(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}
