import { formatBytes } from "#shared/bytes.ts";
import { badLayer, windowTooLarge } from "../errors.ts";

/** What zstd's own decoder takes without being told otherwise. Tools that write layers stay at 8 MB. */
const maxWindowBytes = 128 << 20;
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const blockHeaderBytes = 3;
const checksumBytes = 4;
const rleBlock = 1;
const dictionaryBytes = [0, 1, 2, 4] as const;

type Field = { readonly bytes: number; readonly next: (field: DataView) => Step };
type Skip = { readonly skip: number; readonly after: Step; readonly frame?: ZstdFrame };
type Step = { readonly field: Field } | Skip;

/** What a frame says about itself before its content. */
export type ZstdFrame = {
  /** Memory that its decoder needs for what it has written, once it has written that much. */
  readonly windowBytes: number;
  /** Size of the content; undefined when the frame does not say. */
  readonly contentBytes: number | undefined;
};

/**
 * Walks over the frames of a zstd stream without decompressing it. A layer may have many frames, one
 * per file in some tools, and each may ask for a window of its own.
 */
export class ZstdFrames {
  /** The frame being walked over; undefined for one to be skipped, and before its header was read. */
  frame: ZstdFrame | undefined;
  readonly #onFrame: (frame: ZstdFrame) => void;
  #step: Step;
  #left = 0;
  readonly #field = new Uint8Array(16);
  #filled = 0;

  /** `onFrame` hears of each frame before its content and may refuse it. */
  constructor(onFrame: (frame: ZstdFrame) => void = () => undefined) {
    this.#step = awaitMagic;
    this.#onFrame = onFrame;
  }

  /** Whether a frame has just ended, or nothing has begun. */
  get isBetween(): boolean {
    return this.#step === awaitMagic && this.#filled === 0;
  }

  /** Walks on to the end of a frame, or of the chunk, and says where that is. */
  advance(chunk: Uint8Array, from: number): number {
    if (this.isBetween) this.frame = undefined;
    for (let at = from; at < chunk.length; ) {
      const step = this.#step;
      at +=
        "field" in step ? this.#gather(chunk, at, step.field) : this.#pass(chunk.length - at, step);
      if (this.isBetween) return at;
    }
    return chunk.length;
  }

  #gather(chunk: Uint8Array, at: number, field: Field): number {
    const count = Math.min(field.bytes - this.#filled, chunk.length - at);
    this.#field.set(chunk.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled === field.bytes) {
      this.#filled = 0;
      this.#enter(field.next(new DataView(this.#field.buffer, 0, field.bytes)));
    }
    return count;
  }

  #pass(available: number, step: Skip): number {
    const count = Math.min(this.#left, available);
    this.#left -= count;
    if (this.#left === 0) this.#enter(step.after);
    return count;
  }

  #enter(step: Step): void {
    if ("skip" in step && step.frame !== undefined) {
      this.frame = step.frame;
      this.#onFrame(step.frame);
    }
    this.#step = "skip" in step && step.skip === 0 ? step.after : step;
    if ("skip" in this.#step) this.#left = this.#step.skip;
  }
}

const awaitMagic: Step = {
  field: {
    bytes: 4,
    next: (field) => {
      const magic = field.getUint32(0, true);
      if (magic === frameMagic) return awaitDescriptor;
      if ((magic & 0xfffffff0) >>> 0 === skippableMagic) return awaitSkippable;
      throw badLayer("its compressed data has something that is no zstd frame");
    },
  },
};

const awaitSkippable: Step = {
  field: {
    bytes: 4,
    next: (field) => ({ skip: field.getUint32(0, true), after: awaitMagic }),
  },
};

const awaitDescriptor: Step = {
  field: {
    bytes: 1,
    next: (field) => awaitHeader(field.getUint8(0)),
  },
};

function awaitHeader(descriptor: number): Step {
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const windowBytes = isSingle ? 0 : 1;
  const idBytes = dictionaryBytes[descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? (isSingle ? 1 : 0) : 1 << sizeFlag;
  const bytes = windowBytes + idBytes + sizeBytes;
  const blocks = awaitBlock((descriptor & 4) === 0 ? 0 : checksumBytes);
  const next = (field: DataView): Step => {
    const contentBytes =
      sizeBytes === 0 ? undefined : readSize(field, windowBytes + idBytes, sizeBytes);
    const window = isSingle ? Number.POSITIVE_INFINITY : windowOf(field.getUint8(0));
    const needed = Math.min(window, contentBytes ?? Number.POSITIVE_INFINITY);
    if (needed > maxWindowBytes) {
      throw windowTooLarge(needed, `and ${formatBytes(maxWindowBytes)} are the most`);
    }
    return { skip: 0, after: blocks, frame: { windowBytes: needed, contentBytes } };
  };
  return { field: { bytes, next } };
}

function windowOf(value: number): number {
  const base = 2 ** (10 + (value >> 3));
  return base + (base / 8) * (value & 7);
}

function readSize(field: DataView, offset: number, bytes: number): number {
  if (bytes === 1) return field.getUint8(offset);
  if (bytes === 2) return field.getUint16(offset, true) + 256;
  if (bytes === 4) return field.getUint32(offset, true);
  return Number(field.getBigUint64(offset, true));
}

function awaitBlock(trailerBytes: number): Step {
  const step: Step = {
    field: {
      bytes: blockHeaderBytes,
      next: (field) => {
        const header = field.getUint16(0, true) | (field.getUint8(2) << 16);
        const isLast = (header & 1) !== 0;
        const size = ((header >> 1) & 3) === rleBlock ? 1 : header >> 3;
        if (!isLast) return { skip: size, after: step };
        return { skip: size + trailerBytes, after: awaitMagic };
      },
    },
  };
  return step;
}
