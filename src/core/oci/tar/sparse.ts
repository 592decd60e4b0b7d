import { badTar } from "../errors.ts";
import { parseCount, parseNumber } from "./numbers.ts";
import type { PaxRecords } from "./pax.ts";

/** A run of stored bytes in a file whose other bytes are holes. */
export type SparseRun = { readonly offset: number; readonly length: number };

/** Runs one archive member may have; more is an attack. */
export const maxSparseRuns = 200_000;

/** The runs of an old GNU header (four) or of one of its extension blocks (twenty-one). */
export function parseGnuRuns(block: Uint8Array, offset: number, count: number): SparseRun[] {
  const runs: SparseRun[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = offset + index * 24;
    if (block[at] === 0) break;
    runs.push({ offset: parseNumber(block, at, 12), length: parseNumber(block, at + 12, 12) });
  }
  return runs;
}

/** The map of formats 0.0 and 0.1, which lies in the extension header. */
export function parsePaxRuns(records: PaxRecords): SparseRun[] | undefined {
  const map = lastValue(records, "GNU.sparse.map");
  if (map !== undefined) return map === "" ? [] : pairs(map.split(","));
  if (lastValue(records, "GNU.sparse.numblocks") === undefined) return undefined;
  return pairs(
    records
      .filter(({ key }) => key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes")
      .map(({ value }) => value),
  );
}

/** Reads the map of format 1.0, which fills the first blocks of the content. */
export class ContentMap {
  readonly #numbers: string[] = [];
  #text = "";

  /** Takes one block; true when the map is complete. */
  push(block: Uint8Array): boolean {
    for (const byte of block) {
      if (byte === 0x0a) {
        this.#numbers.push(this.#text);
        this.#text = "";
        if (this.#numbers.length === this.#wanted()) return true;
      } else if (this.#text.length > 16) throw badTar("a sparse file's map is damaged");
      else this.#text += String.fromCharCode(byte);
    }
    return false;
  }

  runs(): SparseRun[] {
    return pairs(this.#numbers.slice(1));
  }

  #wanted(): number {
    const count = parseCount(this.#numbers[0] ?? "", "sparse map");
    if (count > maxSparseRuns) throw badTar("a sparse file has too many parts");
    return 1 + 2 * count;
  }
}

/** Checks that the runs are in order, inside the file, and account for the stored bytes. */
export function checkRuns(
  runs: readonly SparseRun[],
  sizeBytes: number,
  storedBytes: number,
): SparseRun[] {
  let position = 0;
  let sum = 0;
  for (const { offset, length } of runs) {
    if (length < 0 || offset < position || offset + length > sizeBytes) {
      throw badTar("a sparse file's map does not fit the file");
    }
    position = offset + length;
    sum += length;
  }
  if (sum !== storedBytes) throw badTar("a sparse file's map does not match its content");
  return runs.filter(({ length }) => length > 0);
}

function pairs(numbers: readonly string[]): SparseRun[] {
  if (numbers.length % 2 !== 0) throw badTar("a sparse file's map is damaged");
  if (numbers.length > 2 * maxSparseRuns) throw badTar("a sparse file has too many parts");
  const runs: SparseRun[] = [];
  for (let index = 0; index < numbers.length; index += 2) {
    runs.push({
      offset: parseCount(numbers[index] ?? "", "sparse map"),
      length: parseCount(numbers[index + 1] ?? "", "sparse map"),
    });
  }
  return runs;
}

function lastValue(records: PaxRecords, key: string): string | undefined {
  return records.findLast((record) => record.key === key)?.value;
}
