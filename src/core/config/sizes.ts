const units: Readonly<Record<string, number>> = {
  b: 0,
  byte: 0,
  bytes: 0,
  ...unitSpellings("k", "kilo", 1),
  ...unitSpellings("m", "mega", 2),
  ...unitSpellings("g", "giga", 3),
  ...unitSpellings("t", "tera", 4),
};

function unitSpellings(letter: string, word: string, power: number): Record<string, number> {
  const spellings = [letter, `${letter}b`, `${letter}ib`, `${word}byte`, `${word}bytes`];
  return Object.fromEntries(spellings.map((spelling) => [spelling, power]));
}

/**
 * Bytes meant by a size such as `512 MB`, `4GiB`, `2G` or `1.5 GB`; undefined when it is none.
 * Decimal and binary spellings mean the same binary amount, and the unit is required.
 */
export function parseSize(text: string): number | undefined {
  const bytes = amountOf(text);
  return bytes === undefined || isTooMuch(bytes) ? undefined : bytes;
}

/** Whether a text is a size, but one that no computer has. */
export function isTooLarge(text: string): boolean {
  const bytes = amountOf(text);
  return bytes !== undefined && isTooMuch(bytes);
}

function isTooMuch(bytes: number): boolean {
  return !Number.isSafeInteger(bytes);
}

function amountOf(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)\s*$/i.exec(text);
  const power = units[match?.[2]?.toLowerCase() ?? ""];
  if (match?.[1] === undefined || power === undefined) return undefined;
  return Math.round(Number(match[1]) * 1024 ** power);
}

/** The largest of GiB, MiB and KiB that divides the amount, as in `4 GiB`; else bytes. */
export function formatSize(bytes: number): string {
  for (const [unit, power] of [["GiB", 3] as const, ["MiB", 2] as const, ["KiB", 1] as const]) {
    const size = 1024 ** power;
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} B`;
}
