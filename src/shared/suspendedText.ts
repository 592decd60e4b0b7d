import { formatBytes } from "./bytes.ts";

/** When a sandbox was suspended and what that takes, such as `Saved with its programs 1/2/2026, 3:04 AM; 300 MiB on the disk.` */
export function suspendedText({ since, sizeBytes }: { since: string; sizeBytes: number }): string {
  const at = new Date(since).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
  return `Saved with its programs ${at}; ${formatBytes(sizeBytes)} on the disk.`;
}
