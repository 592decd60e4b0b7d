import { type ByteString, fromByteString, toByteString } from "../../erofs/byteString.ts";
import { badTar } from "../errors.ts";

/** Records of an extension header in their order: sparse maps repeat keys. */
export type PaxRecords = readonly { readonly key: ByteString; readonly value: ByteString }[];

const newline = 0x0a;
const space = 0x20;
const equals = 0x3d;

/** Parses `<length> <key>=<value>\n` records. Values are bytes and may hold anything. */
export function parsePax(body: Uint8Array): PaxRecords {
  const records: { key: ByteString; value: ByteString }[] = [];
  let at = 0;
  while (at < body.length) {
    // Some writers pad the body with zeros.
    if (body[at] === 0) break;
    const end = at + recordLength(body, at);
    const keyStart = body.indexOf(space, at) + 1;
    const keyEnd = body.indexOf(equals, keyStart);
    if (end > body.length || body[end - 1] !== newline) throw damaged();
    if (keyEnd <= keyStart || keyEnd >= end) throw damaged();
    records.push({
      key: toByteString(body, keyStart, keyEnd),
      value: toByteString(body, keyEnd + 1, end - 1),
    });
    at = end;
  }
  return records;
}

/** The attributes in a record list, as raw bytes: star's form first, else libarchive's. */
export function paxXattrs(records: PaxRecords): Map<ByteString, Uint8Array> {
  const xattrs = new Map<ByteString, Uint8Array>();
  for (const { key, value } of records) {
    if (!key.startsWith(libarchivePrefix)) continue;
    const name = decodePercent(key.slice(libarchivePrefix.length));
    xattrs.set(name, decodeBase64(value));
  }
  for (const { key, value } of records) {
    if (key.startsWith(schilyPrefix)) {
      xattrs.set(key.slice(schilyPrefix.length), fromByteString(value));
    }
  }
  return xattrs;
}

const schilyPrefix = "SCHILY.xattr.";
const libarchivePrefix = "LIBARCHIVE.xattr.";

function recordLength(body: Uint8Array, start: number): number {
  let value = 0;
  for (let at = start; at < start + 10; at += 1) {
    const byte = body[at] ?? 0;
    if (byte === space && at > start) return value;
    if (byte < 0x30 || byte > 0x39) break;
    value = value * 10 + byte - 0x30;
  }
  throw damaged();
}

function decodePercent(name: ByteString): ByteString {
  return name.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function decodeBase64(encoded: ByteString): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of encoded.replace(/[=\s]+$/, "")) {
    const digit = base64Alphabet.indexOf(character);
    if (digit < 0) throw damaged();
    bits = ((bits << 6) | digit) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push((bits >> held) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

function damaged(): Error {
  return badTar("an extension header is damaged");
}
