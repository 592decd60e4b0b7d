/** Bytes for a person: three digits and a binary unit. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${units[unit]}`;
}

/** How much of something is done, such as `12 MiB of 30 MiB`. */
export function formatAmount(amount: { doneBytes: number; totalBytes: number }): string {
  return `${formatBytes(amount.doneBytes)} of ${formatBytes(amount.totalBytes)}`;
}
