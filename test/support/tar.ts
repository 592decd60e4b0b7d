// A small tar writer that can write every form the reader has to understand, and broken ones.

export type TarType = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "\0" | (string & {});

export type TarInput = {
  /** A string is UTF-8; bytes are written as they are. */
  path: string | Uint8Array;
  type?: TarType;
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  link?: string | Uint8Array;
  content?: Uint8Array | string;
  major?: number;
  minor?: number;
  /** Records of a PAX header before the entry; binary values are allowed. */
  pax?: readonly (readonly [string, string | Uint8Array])[];
  /** Size to claim, when it is not the content's. */
  claimedSize?: number;
  /** GNU base-256 instead of octal numbers for size, uid, gid and mtime. */
  base256?: boolean;
  /** Magic and version; the default is POSIX ustar. */
  dialect?: "ustar" | "gnu" | "v7";
  /** Bytes to put into the header before the checksum is computed. */
  raw?: readonly { offset: number; bytes: Uint8Array }[];
};

const block = 512;
const encoder = new TextEncoder();

/** An archive with its end mark. */
export function tar(entries: readonly TarInput[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), new Uint8Array(2 * block)]);
}

/** One entry, with a PAX header when something does not fit the plain one. */
export function tarEntry(input: TarInput): Buffer {
  const path = bytesOf(input.path);
  const link = bytesOf(input.link ?? "");
  const records = [...(input.pax ?? [])];
  const given = new Set(records.map(([key]) => key));
  const needs = (key: string, isNeeded: boolean, value: string | Uint8Array) => {
    if (isNeeded && !given.has(key) && input.dialect !== "gnu") records.push([key, value]);
  };
  needs("path", path.length > 100, path);
  needs("linkpath", link.length > 100, link);
  needs("uid", !input.base256 && (input.uid ?? 0) > 0o7777777, String(input.uid));
  needs("gid", !input.base256 && (input.gid ?? 0) > 0o7777777, String(input.gid));
  const mtime = input.mtime ?? 0;
  needs("mtime", mtime < 0 || mtime >= 8 ** 11 || !Number.isInteger(mtime), mtime.toString());
  const content = bytesOf(input.content ?? "");
  const parts: Uint8Array[] = [];
  if (records.length > 0) parts.push(paxHeader(records));
  if (input.dialect === "gnu" && path.length > 100) parts.push(gnuLong("L", path));
  if (input.dialect === "gnu" && link.length > 100) parts.push(gnuLong("K", link));
  parts.push(header(input, path, link), content, padding(content.length));
  return Buffer.concat(parts);
}

/** A PAX header (type x, or g for a global one) with these records. */
export function paxHeader(
  records: readonly (readonly [string, string | Uint8Array])[],
  type: "x" | "g" = "x",
): Buffer {
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, bytesOf(value))));
  return tarEntry({ path: "PaxHeader", type, content: body });
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
export function paxRecord(key: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** A GNU long-name (L) or long-link (K) entry. */
export function gnuLong(type: "L" | "K", name: Uint8Array): Buffer {
  const content = Buffer.concat([name, new Uint8Array(1)]);
  return tarEntry({ path: "././@LongLink", type, content });
}

function header(input: TarInput, path: Uint8Array, link: Uint8Array): Buffer {
  const { type = "0", dialect = "ustar", uid = 0, gid = 0, mtime = 0, content = "" } = input;
  const { mode = type === "5" ? 0o755 : 0o644, claimedSize = bytesOf(content).length } = input;
  const bytes = Buffer.alloc(block);
  bytes.set(path.subarray(0, 100), 0);
  octal(bytes, 100, 8, mode);
  const number = input.base256 ? base256 : octal;
  number(bytes, 108, 8, uid);
  number(bytes, 116, 8, gid);
  number(bytes, 124, 12, claimedSize);
  number(bytes, 136, 12, Math.floor(mtime));
  bytes.write(type, 156, "latin1");
  bytes.set(link.subarray(0, 100), 157);
  if (dialect !== "v7") putMagicAndDevice(bytes, dialect, input);
  for (const { offset, bytes: raw } of input.raw ?? []) bytes.set(raw, offset);
  return withChecksum(bytes);
}

function putMagicAndDevice(bytes: Buffer, dialect: string, { major = 0, minor = 0 }: TarInput) {
  bytes.write(dialect === "gnu" ? "ustar  \0" : "ustar\x0000", 257, "latin1");
  octal(bytes, 329, 8, major);
  octal(bytes, 337, 8, minor);
}

/** Fills in the checksum of a header block. */
export function withChecksum(bytes: Buffer): Buffer {
  bytes.fill(0x20, 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

function octal(bytes: Buffer, offset: number, length: number, value: number): void {
  const text = Math.max(0, value).toString(8);
  // What does not fit is written to the PAX header; the plain field is then of no meaning.
  const fits = text.length < length ? text : "0";
  bytes.write(`${fits.padStart(length - 1, "0")}\0`, offset, "latin1");
}

function base256(bytes: Buffer, offset: number, length: number, value: number): void {
  let rest = BigInt(value);
  for (let at = offset + length - 1; at >= offset; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  bytes[offset] = value < 0 ? 0xff : (bytes[offset] ?? 0) | 0x80;
}

function padding(length: number): Uint8Array {
  return new Uint8Array((block - (length % block)) % block);
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? encoder.encode(value) : value;
}
