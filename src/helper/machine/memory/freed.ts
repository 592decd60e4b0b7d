import { type FileHandle, open } from "node:fs/promises";
import type { MemoryRange } from "#core/machine/bootMemory.ts";

/** With what Linux overwrites memory that only its boot needed (POISON_FREE_INITMEM in include/linux/poison.h). */
const poison = 0xcc;
const pageBytes = 4096;
const poisonPage = Buffer.alloc(pageBytes, poison);
const zeroPage = Buffer.alloc(pageBytes);
const chunkBytes = 4 * 2 ** 20;

/**
 * Fills pages of a halted guest with zeros that its kernel has poisoned when it freed them, so that a copy with holes
 * leaves them out: a seventh of what a guest has touched when its boot is over. They stay on lists of their CPU, where
 * no report of free pages finds them. Only for a guest in which no other program has run, as what looks
 * like this could be a page of one.
 */
export async function forgetFreed(path: string, ranges: readonly MemoryRange[]): Promise<void> {
  const memory = await open(path, "r+");
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (const { from, to } of ranges) {
      for (let at = from; at < to; at += chunkBytes) {
        const { bytesRead } = await memory.read(chunk, 0, Math.min(chunkBytes, to - at), at);
        await clearPoisoned(memory, chunk.subarray(0, bytesRead), at);
      }
    }
  } finally {
    await memory.close();
  }
}

async function clearPoisoned(memory: FileHandle, chunk: Buffer, at: number): Promise<void> {
  const isPoisoned = (offset: number) =>
    chunk[offset] === poison &&
    chunk.compare(poisonPage, 0, pageBytes, offset, offset + pageBytes) === 0;
  let changed = false;
  for (let offset = 0; offset < chunk.length; offset += pageBytes) {
    if (!isPoisoned(offset)) continue;
    zeroPage.copy(chunk, offset);
    changed = true;
  }
  if (changed) await memory.write(chunk, 0, chunk.length, at);
}
