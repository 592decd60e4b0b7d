/** `K=V` entries with overrides: an override removes the entry of its name and is appended. */
export function mergeEnv(base: readonly string[], overrides: readonly string[]): string[] {
  return overrides.reduce<string[]>(
    (merged, entry) => {
      const end = entry.indexOf("=");
      if (end < 0) return merged;
      const prefix = entry.slice(0, end + 1);
      return [...merged.filter((one) => !one.startsWith(prefix)), entry];
    },
    [...base],
  );
}
