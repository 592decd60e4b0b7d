/** Makes a 64-bit little-endian ELF file of nothing but sections. */
export function elfFile(sections: Record<string, Buffer>): Buffer {
  const names = ["", ...Object.keys(sections), ".shstrtab"];
  const nameTable = Buffer.from(`${names.join("\0")}\0`);
  const bodies = [Buffer.alloc(0), ...Object.values(sections), nameTable];
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x7f454c46, 0);
  header[4] = 2;
  header[5] = 1;
  const bodyBytes = bodies.reduce((sum, body) => sum + body.length, 0);
  header.writeBigUInt64LE(BigInt(64 + bodyBytes), 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(bodies.length, 60);
  header.writeUInt16LE(bodies.length - 1, 62);
  let offset = 64;
  let nameOffset = 0;
  const table = bodies.map((body, index) => {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(nameOffset, 0);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(body.length), 32);
    offset += body.length;
    nameOffset += (names[index] ?? "").length + 1;
    return entry;
  });
  return Buffer.concat([header, ...bodies, ...table]);
}

/** Makes a kernel module that depends on others. */
export function kernelModule(depends: string): Buffer {
  return elfFile({ ".modinfo": Buffer.from(`license=GPL\0depends=${depends}\0vermagic=6.1=x\0`) });
}
