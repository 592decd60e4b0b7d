import { badTar } from "../errors.ts";

/** A numeric header field: octal digits, or GNU's big-endian two's complement ("base 256"). */
export function parseNumber(header: Uint8Array, offset: number, length: number): number {
  const first = header[offset] ?? 0;
  if ((first & 0x80) !== 0) return parseBase256(header, offset, length);
  let at = offset;
  const end = offset + length;
  while (at < end && isPadding(header[at])) at += 1;
  let value = 0;
  let byte = header[at];
  while (at < end && byte !== undefined && byte >= 0x30 && byte <= 0x37) {
    value = value * 8 + byte - 0x30;
    at += 1;
    byte = header[at];
  }
  if (at < end && !isPadding(header[at])) throw badTar("a number in a header is damaged");
  return value;
}

/** A decimal number of an extension record, such as a size: not negative, and exact. */
export function parseCount(text: string, what: string): number {
  if (!/^\d{1,16}$/.test(text)) throw badTar(`the ${what} of an extension header is not a number`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw badTar(`the ${what} of an extension header is too large`);
  return value;
}

/** A decimal time of an extension record: seconds, perhaps negative, perhaps with a fraction. */
export function parseTime(text: string): { seconds: number; nanoseconds: number } {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw badTar("a time in an extension header is not a number");
  const whole = Number(match[2]);
  const fraction = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] === "") return { seconds: whole, nanoseconds: fraction };
  if (fraction === 0) return { seconds: 0 - whole, nanoseconds: 0 };
  return { seconds: -whole - 1, nanoseconds: 1_000_000_000 - fraction };
}

function parseBase256(header: Uint8Array, offset: number, length: number): number {
  const first = header[offset] ?? 0;
  const negative = (first & 0x40) !== 0;
  let value = negative ? (first & 0x3f) - 0x40 : first & 0x3f;
  for (let at = offset + 1; at < offset + length; at += 1) value = value * 256 + (header[at] ?? 0);
  if (!Number.isSafeInteger(value)) throw badTar("a number in a header is too large");
  return value;
}

function isPadding(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20;
}
