import type { PrivilegedEntry, PrivilegedPart } from "./privileged.ts";

/** The part as lines for a person, in the words of the configuration. */
export function partText(part: PrivilegedPart): string {
  return partLines(part)
    .map((line) => `${line}\n`)
    .join("");
}

/** What is both allowed and a limit, as middleware is, is one setting for a person. */
function partLines(part: PrivilegedPart): string[] {
  const isRepeated = ({ keyPath, value }: PrivilegedEntry, index: number) =>
    part.findIndex((each) => each.keyPath === keyPath && isSame(each.value, value)) < index;
  return part.filter((entry, index) => !isRepeated(entry, index)).flatMap(entryLines);
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** What is approved and what is asked for, as a unified diff with all lines. */
export function partDiff(before: PrivilegedPart, after: PrivilegedPart): string {
  const [old, now] = [partLines(before), partLines(after)];
  const head = ["--- approved", "+++ configuration", hunkHeader(old.length, now.length)];
  return `${[...head, ...diffLines(old, now)].join("\n")}\n`;
}

function hunkHeader(oldCount: number, newCount: number): string {
  const range = (count: number) => (count === 0 ? "0,0" : `1,${count}`);
  return `@@ -${range(oldCount)} +${range(newCount)} @@`;
}

function entryLines({ keyPath, value }: PrivilegedEntry): string[] {
  return `${printable(keyPath)} = ${tomlValue(value)}`.split("\n");
}

/** TOML of one value; a table is one line, but for scripts in it, which keep their lines. */
function tomlValue(value: unknown): string {
  if (typeof value === "string" && value.includes("\n")) return `'''\n${printable(value)}'''`;
  if (typeof value !== "object" || value === null) return printable(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(", ")}]`;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{ ${entries.map(([key, each]) => `${tomlKey(key)} = ${tomlValue(each)}`).join(", ")} }`;
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : printable(JSON.stringify(key));
}

/**
 * A text that shows all it has: characters that move the cursor or turn the direction of writing
 * could hide from the user what they approve.
 */
function printable(text: string): string {
  const invisible = /[^\P{C}\n\t]|[\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;
  return text.replace(invisible, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);
}

/** Beyond this many pairs of lines, a diff costs more than it tells. */
const maxPairs = 4_000_000;

/** The shortest edit from one list of lines to the other. */
function diffLines(old: readonly string[], now: readonly string[]): string[] {
  if (old.length * now.length > maxPairs) {
    return [...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`)];
  }
  const common = commonLengths(old, now);
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(` ${old[i++]}`);
      j++;
    } else if (i < old.length && (j >= now.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-${old[i++]}`);
    } else {
      lines.push(`+${now[j++]}`);
    }
  }
  return lines;
}

/** Lengths of the longest common subsequences of all pairs of ends. */
function commonLengths(old: readonly string[], now: readonly string[]): Uint32Array[] {
  const rows = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    const [row, below] = [rows[i], rows[i + 1]];
    if (row === undefined || below === undefined) continue;
    for (let j = now.length - 1; j >= 0; j--) {
      const isSame = old[i] === now[j];
      row[j] = isSame ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return rows;
}
