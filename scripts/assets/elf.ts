// A small reader of 64-bit little-endian ELF files: as much as packing an initramfs needs.

/** Finds the bytes of a named section, undefined when the file has none. */
export function elfSection(file: Buffer, name: string): Buffer | undefined {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error("not a 64-bit little-endian ELF file");
  }
  const tableOffset = Number(file.readBigUInt64LE(40));
  const entrySize = file.readUInt16LE(58);
  const count = file.readUInt16LE(60);
  const namesIndex = file.readUInt16LE(62);
  const bytesOf = (index: number): Buffer => {
    const header = tableOffset + index * entrySize;
    const offset = Number(file.readBigUInt64LE(header + 24));
    return file.subarray(offset, offset + Number(file.readBigUInt64LE(header + 32)));
  };
  const names = bytesOf(namesIndex);
  for (let index = 0; index < count; index++) {
    const nameOffset = file.readUInt32LE(tableOffset + index * entrySize);
    if (cString(names, nameOffset) === name) return bytesOf(index);
  }
  return undefined;
}

/** Lists the `key=value` pairs of a kernel module's description. */
export function moduleInfo(module: Buffer): [key: string, value: string][] {
  const text = elfSection(module, ".modinfo")?.toString("latin1") ?? "";
  return text
    .split("\0")
    .filter((entry) => entry.includes("="))
    .map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    });
}

/** Lists the shared libraries a dynamically linked program asks for. */
export function neededLibraries(program: Buffer): string[] {
  const dynamic = elfSection(program, ".dynamic");
  const strings = elfSection(program, ".dynstr");
  if (!dynamic || !strings) return [];
  const needed: string[] = [];
  for (let at = 0; at + 16 <= dynamic.length; at += 16) {
    const isNeeded = dynamic.readBigInt64LE(at) === 1n;
    if (isNeeded) needed.push(cString(strings, Number(dynamic.readBigUInt64LE(at + 8))));
  }
  return needed;
}

/** The dynamic loader's absolute path, as the program names it. */
export function interpreterOf(program: Buffer): string | undefined {
  const section = elfSection(program, ".interp");
  return section && cString(section, 0);
}

function cString(bytes: Buffer, offset: number): string {
  return bytes.toString("latin1", offset, bytes.indexOf(0, offset));
}
