const polynomial = 0x82f63b78;
const table = makeTable();

/** CRC-32C as the kernel computes it for a superblock: seeded with ones, not inverted at the end. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc >>> 0;
}

function makeTable(): Uint32Array {
  const entries = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1)
      value = value & 1 ? polynomial ^ (value >>> 1) : value >>> 1;
    entries[index] = value >>> 0;
  }
  return entries;
}
