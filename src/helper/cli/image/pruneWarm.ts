import { removeAllSnapshots } from "#helper/warm/prune.ts";
import { formatBytes } from "#shared/bytes.ts";
import { say } from "../output.ts";
import { printJson } from "./texts.ts";

/** Deletes the snapshots of machines. A start that is resuming one has it open and goes on. */
export async function pruneWarm({
  dryRun,
  json,
}: {
  dryRun: boolean;
  json: boolean;
}): Promise<void> {
  const removed = await removeAllSnapshots({ dryRun });
  const freedBytes = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (json) return await printJson({ removed, freedBytes });
  const did = dryRun ? "would be freed" : "freed";
  say(`${removed.length} snapshots, ${formatBytes(freedBytes)} ${did}.`);
}
