// Kernel configuration files: reading them, and comparing what was asked for with what came out.

/** Value of an option: `y`, `m`, a number or a quoted text; `n` for one that is off. */
export type KernelConfig = ReadonlyMap<string, string>;

/** Reads a configuration or a fragment of one; what a later line says about an option counts. */
export function parseKernelConfig(text: string): KernelConfig {
  const config = new Map<string, string>();
  for (const line of text.split("\n")) {
    const set = /^CONFIG_(\w+)=(.*)$/.exec(line);
    const unset = /^# CONFIG_(\w+) is not set$/.exec(line);
    if (set?.[1] !== undefined) config.set(set[1], set[2] ?? "");
    else if (unset?.[1] !== undefined) config.set(unset[1], "n");
  }
  return config;
}

/**
 * What was asked for and is not so, one line each. An option that the kernel does not have (any more)
 * is off: `make` drops it without a word, which is what this is for.
 */
export function configDifferences(wanted: KernelConfig, built: KernelConfig): string[] {
  return [...wanted]
    .filter(([name, value]) => (built.get(name) ?? "n") !== value)
    .map(([name, value]) => {
      const is = built.has(name) ? `is ${built.get(name)}` : "is unknown or its needs are not met";
      return `CONFIG_${name} should be ${value} and ${is}`;
    });
}
