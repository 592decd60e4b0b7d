import { type ByteString, printable } from "../../erofs/byteString.ts";
import { badTar } from "../errors.ts";
import type { TarConsumer, TarEntry } from "./entry.ts";
import { describeEntry, hasContentMap, sparseSize } from "./extensions.ts";
import { blockBytes, parseHeader, type TarHeader, text } from "./header.ts";
import { parseNumber } from "./numbers.ts";
import { type PaxRecords, parsePax } from "./pax.ts";
import {
  ContentMap,
  checkRuns,
  maxSparseRuns,
  parseGnuRuns,
  parsePaxRuns,
  type SparseRun,
} from "./sparse.ts";

const maxPaxBytes = 1 << 20;
const maxLongNameBytes = 1 << 16;

type Step =
  /** A block is awaited and goes to `onBlock`. */
  | { type: "block"; onBlock: (block: Uint8Array) => Step }
  /** The body of an extension header is gathered. */
  | { type: "collect"; body: Uint8Array; filled: number; onBody: (body: Uint8Array) => void }
  /** Content is handed on. */
  | { type: "content"; left: number; padding: number }
  | { type: "skip"; left: number }
  /** The end mark was seen: what follows is not looked at. */
  | { type: "ended" };

type SparseProgress = {
  readonly runs: readonly SparseRun[];
  readonly size: number;
  next: number;
  position: number;
};

/**
 * Reads a tar archive pushed in pieces of any size: v7, ustar, PAX, GNU long names and numbers, and
 * all sparse forms. Content is never copied; memory is bounded whatever the archive claims.
 */
export class TarReader {
  readonly #consumer: TarConsumer;
  readonly #partial = new Uint8Array(blockBytes);
  #partialBytes = 0;
  #step: Step;
  #global: PaxRecords = [];
  #local: PaxRecords = [];
  #longPath: ByteString | undefined;
  #longLinkPath: ByteString | undefined;
  #sparse: SparseProgress | undefined;
  #hidesContent = false;

  constructor(consumer: TarConsumer) {
    this.#consumer = consumer;
    this.#step = this.#awaitHeader();
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && this.#step.type !== "ended") at = this.#advance(chunk, at);
  }

  /**
   * How many of the next bytes are content or padding that may be left out of what is pushed, by
   * calling `skip` instead. For an archive in a file, where one can go on behind them.
   */
  get skippableBytes(): number {
    const step = this.#step;
    if (step.type === "skip") return step.left;
    return step.type === "content" && this.#sparse === undefined ? step.left : 0;
  }

  /** Goes on as if that many skippable bytes had been pushed; the consumer gets none of them. */
  skip(count: number): void {
    const step = this.#step;
    if (count > this.skippableBytes) throw badTar("more is skipped than there is content");
    if (step.type !== "skip" && step.type !== "content") return;
    step.left -= count;
    if (step.left > 0) return;
    this.#step = step.type === "skip" ? this.#awaitHeader() : this.#endEntry(step.padding);
  }

  /** Call after the last piece: throws when the archive stops in the middle. */
  finish(): void {
    const between = this.#step.type === "block" && this.#partialBytes === 0 && this.#atBoundary;
    if (this.#step.type !== "ended" && !between) throw badTar("the archive is cut short");
  }

  /** No entry is half read. */
  get #atBoundary(): boolean {
    return this.#step.type === "block" && this.#step.onBlock === this.#onHeader;
  }

  #advance(chunk: Uint8Array, at: number): number {
    const step = this.#step;
    switch (step.type) {
      case "block":
        return this.#takeBlock(chunk, at, step.onBlock);
      case "collect":
        return this.#collect(chunk, at, step);
      case "content":
        return this.#takeContent(chunk, at, step);
      case "skip": {
        const count = Math.min(step.left, chunk.length - at);
        step.left -= count;
        if (step.left === 0) this.#step = this.#awaitHeader();
        return at + count;
      }
      case "ended":
        return chunk.length;
    }
  }

  #takeBlock(chunk: Uint8Array, at: number, onBlock: (block: Uint8Array) => Step): number {
    if (this.#partialBytes === 0 && chunk.length - at >= blockBytes) {
      this.#step = onBlock(chunk.subarray(at, at + blockBytes));
      return at + blockBytes;
    }
    const count = Math.min(blockBytes - this.#partialBytes, chunk.length - at);
    this.#partial.set(chunk.subarray(at, at + count), this.#partialBytes);
    this.#partialBytes += count;
    if (this.#partialBytes === blockBytes) {
      this.#partialBytes = 0;
      this.#step = onBlock(this.#partial);
    }
    return at + count;
  }

  #awaitHeader(): Step {
    return { type: "block", onBlock: this.#onHeader };
  }

  readonly #onHeader = (block: Uint8Array): Step => {
    const header = parseHeader(block);
    if (header === undefined) return { type: "block", onBlock: onSecondZeroBlock };
    switch (header.type) {
      case "x":
      case "X":
        return this.#awaitBody(header, maxPaxBytes, (body) => {
          this.#local = parsePax(body);
        });
      case "g":
        return this.#awaitBody(header, maxPaxBytes, (body) => {
          this.#global = mergeGlobal(this.#global, parsePax(body));
        });
      case "L":
        return this.#awaitBody(header, maxLongNameBytes, (body) => {
          this.#longPath = text(body, 0, body.length);
        });
      case "K":
        return this.#awaitBody(header, maxLongNameBytes, (body) => {
          this.#longLinkPath = text(body, 0, body.length);
        });
      case "V":
      case "A":
        return this.#skip(padded(header.sizeBytes));
      default:
        return this.#onEntry(header, block);
    }
  };

  #awaitBody(header: TarHeader, limit: number, onBody: (body: Uint8Array) => void): Step {
    if (header.sizeBytes > limit) throw badTar("an extension header is too large");
    if (header.sizeBytes === 0) {
      onBody(new Uint8Array(0));
      return this.#awaitHeader();
    }
    const body = new Uint8Array(padded(header.sizeBytes));
    const trimmed = (whole: Uint8Array) => onBody(whole.subarray(0, header.sizeBytes));
    return { type: "collect", body, filled: 0, onBody: trimmed };
  }

  #collect(chunk: Uint8Array, at: number, step: Step & { type: "collect" }): number {
    const count = Math.min(step.body.length - step.filled, chunk.length - at);
    step.body.set(chunk.subarray(at, at + count), step.filled);
    step.filled += count;
    if (step.filled === step.body.length) {
      step.onBody(step.body);
      this.#step = this.#awaitHeader();
    }
    return at + count;
  }

  #onEntry(header: TarHeader, block: Uint8Array): Step {
    const records = this.#local;
    const entry = describeEntry(header, {
      global: this.#global,
      local: records,
      longPath: this.#longPath,
      longLinkPath: this.#longLinkPath,
    });
    this.#local = [];
    this.#longPath = undefined;
    this.#longLinkPath = undefined;
    if (entry.kind !== "file") return this.#begin(entry, entry.sizeBytes);
    if (header.type === "S") return this.#onGnuSparse(entry, block);
    if (hasContentMap(records)) return this.#awaitContentMap(entry, sparseSize(records));
    const runs = parsePaxRuns(records);
    if (runs !== undefined) return this.#beginSparse(entry, runs, sparseSize(records));
    return this.#begin(entry, entry.sizeBytes);
  }

  #onGnuSparse(entry: TarEntry, block: Uint8Array): Step {
    const runs = parseGnuRuns(block, 386, 4);
    const sizeBytes = parseNumber(block, 483, 12);
    if (block[482] === 0) return this.#beginSparse(entry, runs, sizeBytes);
    const onExtension = (extension: Uint8Array): Step => {
      runs.push(...parseGnuRuns(extension, 0, 21));
      if (runs.length > maxSparseRuns) throw badTar("a sparse file has too many parts");
      if (extension[504] === 0) return this.#beginSparse(entry, runs, sizeBytes);
      return { type: "block", onBlock: onExtension };
    };
    return { type: "block", onBlock: onExtension };
  }

  #awaitContentMap(entry: TarEntry, sizeBytes: number | undefined): Step {
    const map = new ContentMap();
    let stored = entry.sizeBytes;
    const onBlock = (block: Uint8Array): Step => {
      stored -= blockBytes;
      if (stored < 0) throw badTar("a sparse file's map is cut short");
      if (!map.push(block)) return { type: "block", onBlock };
      return this.#beginSparse({ ...entry, sizeBytes: stored }, map.runs(), sizeBytes);
    };
    return { type: "block", onBlock };
  }

  #beginSparse(entry: TarEntry, runs: SparseRun[], sizeBytes: number | undefined): Step {
    if (sizeBytes === undefined || sizeBytes < 0) throw badTar("a sparse file has no size");
    const stored = entry.sizeBytes;
    const checked = checkRuns(runs, sizeBytes, stored);
    this.#sparse = { runs: checked, next: 0, position: 0, size: sizeBytes };
    return this.#begin({ ...entry, sizeBytes }, stored);
  }

  #begin(entry: TarEntry, storedBytes: number): Step {
    this.#hidesContent = entry.kind !== "file";
    const announced = this.#hidesContent ? { ...entry, sizeBytes: 0 } : entry;
    if (entry.path.includes("\0") || entry.linkPath.includes("\0")) {
      throw badTar(`the name "${printable(entry.path)}" contains a zero byte`);
    }
    this.#consumer.entry(announced);
    if (storedBytes === 0) return this.#endEntry(0);
    return { type: "content", left: storedBytes, padding: padded(storedBytes) - storedBytes };
  }

  #takeContent(chunk: Uint8Array, at: number, step: Step & { type: "content" }): number {
    const count = Math.min(step.left, chunk.length - at);
    const bytes = chunk.subarray(at, at + count);
    if (this.#sparse !== undefined) this.#spread(bytes, this.#sparse);
    else if (!this.#hidesContent) this.#consumer.data(bytes);
    step.left -= count;
    if (step.left === 0) this.#step = this.#endEntry(step.padding);
    return at + count;
  }

  #spread(bytes: Uint8Array, sparse: SparseProgress): void {
    let at = 0;
    while (at < bytes.length) {
      const run = sparse.runs[sparse.next];
      if (run === undefined) throw badTar("a sparse file's map does not match its content");
      if (sparse.position < run.offset) {
        this.#consumer.zeros(run.offset - sparse.position);
        sparse.position = run.offset;
      }
      const count = Math.min(bytes.length - at, run.offset + run.length - sparse.position);
      this.#consumer.data(bytes.subarray(at, at + count));
      at += count;
      sparse.position += count;
      if (sparse.position === run.offset + run.length) sparse.next += 1;
    }
  }

  #endEntry(padding: number): Step {
    const sparse = this.#sparse;
    if (sparse !== undefined && sparse.position < sparse.size) {
      this.#consumer.zeros(sparse.size - sparse.position);
    }
    this.#sparse = undefined;
    this.#consumer.end();
    return this.#skip(padding);
  }

  #skip(count: number): Step {
    return count === 0 ? this.#awaitHeader() : { type: "skip", left: count };
  }
}

function onSecondZeroBlock(block: Uint8Array): Step {
  if (parseHeader(block) !== undefined) throw badTar("the archive goes on after its end mark");
  return { type: "ended" };
}

function mergeGlobal(before: PaxRecords, added: PaxRecords): PaxRecords {
  const replaced = new Set(added.map(({ key }) => key));
  const merged = [...before.filter(({ key }) => !replaced.has(key)), ...added];
  const size = merged.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  if (size > maxPaxBytes) throw badTar("the global extension headers are too large");
  return merged;
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes;
}
