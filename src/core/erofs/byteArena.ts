import { type ByteString, putByteString, toByteString } from "./byteString.ts";

const pageBits = 16;
const pageBytes = 1 << pageBits;

/** Many short byte strings without an object for each; none may be longer than a page. */
export class ByteArena {
  readonly #pages: Uint8Array[] = [];
  #used = pageBytes;

  /** Bytes taken so far. */
  get sizeBytes(): number {
    return this.#pages.length * pageBytes;
  }

  /** Keeps the text and returns its place. */
  add(text: ByteString): number {
    if (this.#used + text.length > pageBytes) {
      this.#pages.push(new Uint8Array(pageBytes));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = putByteString(this.#page(this.#pages.length - 1), at, text);
    return ((this.#pages.length - 1) << pageBits) + at;
  }

  get(place: number, length: number): ByteString {
    const at = place & (pageBytes - 1);
    return toByteString(this.#page(place >>> pageBits), at, at + length);
  }

  byteAt(place: number): number {
    return this.#page(place >>> pageBits)[place & (pageBytes - 1)] ?? 0;
  }

  // biome-ignore lint/complexity/useMaxParams: called for every name, which must not cost an object.
  copyTo(target: Uint8Array, offset: number, place: number, length: number): void {
    const page = this.#page(place >>> pageBits);
    const at = place & (pageBytes - 1);
    for (let index = 0; index < length; index += 1) target[offset + index] = page[at + index] ?? 0;
  }

  equals(place: number, text: ByteString): boolean {
    const page = this.#page(place >>> pageBits);
    const at = place & (pageBytes - 1);
    for (let index = 0; index < text.length; index += 1) {
      if (page[at + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  /** Byte order; a prefix comes first. */
  // biome-ignore lint/complexity/useMaxParams: called at each step of a sort, likewise.
  compare(place: number, length: number, otherPlace: number, otherLength: number): number {
    const page = this.#page(place >>> pageBits);
    const other = this.#page(otherPlace >>> pageBits);
    const at = place & (pageBytes - 1);
    const otherAt = otherPlace & (pageBytes - 1);
    const common = Math.min(length, otherLength);
    for (let index = 0; index < common; index += 1) {
      const difference = (page[at + index] ?? 0) - (other[otherAt + index] ?? 0);
      if (difference !== 0) return difference;
    }
    return length - otherLength;
  }

  #page(index: number): Uint8Array {
    return this.#pages[index] ?? empty;
  }
}

const empty = new Uint8Array(0);
