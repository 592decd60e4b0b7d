/**
 * Bytes as a string whose characters are 0…255. Names in an image are bytes and need not be UTF-8;
 * in this form they keep every bit, work as map keys, and sort in byte order.
 */
export type ByteString = string;

const stepBytes = 8192;

/** Every byte becomes one character. */
export function toByteString(bytes: Uint8Array, start = 0, end = bytes.length): ByteString {
  let text = "";
  for (let at = start; at < end; at += stepBytes) {
    const step: ArrayLike<number> = bytes.subarray(at, Math.min(at + stepBytes, end));
    // Spreading a typed array walks an iterator, which is many times slower.
    text += String.fromCharCode.apply(undefined, step as number[]);
  }
  return text;
}

/** The inverse of toByteString. */
export function fromByteString(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  putByteString(bytes, 0, text);
  return bytes;
}

/** Writes the bytes of `text` at `offset` and returns the offset after them. */
export function putByteString(target: Uint8Array, offset: number, text: ByteString): number {
  for (let at = 0; at < text.length; at += 1) target[offset + at] = text.charCodeAt(at);
  return offset + text.length;
}

/** For messages: valid UTF-8 as it reads, and a visible escape for everything else. */
export function printable(text: ByteString): string {
  const decoded = new TextDecoder().decode(fromByteString(text.slice(0, 300)));
  const tail = text.length > 300 ? "…" : "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return decoded.replace(/[\u0000-\u001f\u007f]/g, escapeControl) + tail;
}

function escapeControl(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
