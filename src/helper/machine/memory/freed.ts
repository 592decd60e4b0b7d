import { open } from "node:fs/promises";
import type { MemoryRange } from "#core/machine/bootMemory.ts";

/** With what Linux overwrites memory that only its boot needed (POISON_FREE_INITMEM in include/linux/poison.h). */
const poison = 0xcc;
const pageBytes = 4096;
const poisonPage = Buffer.alloc(pageBytes, poison);
const chunkBytes = 4 * 2 ** 20;
const zeros = Buffer.alloc(chunkBytes);

/**
 * Fills pages of a halted guest with zeros that its kernel has poisoned when it freed them, so that a copy with holes
 * leaves them out: up to a fifth of what a guest has touched when its boot is over. They stay on lists of their CPU, where
 * no report of free pages finds them. Only for a guest in which no other program has run, as what looks
 * like this could be a page of one.
 */
export async function forgetFreed(path: string, ranges: readonly MemoryRange[]): Promise<void> {
  if (ranges.length === 0) return;
  const memory = await open(path, "r+");
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (const { from, to } of ranges) {
      for (let at = from; at < to; at += chunkBytes) {
        const { bytesRead } = await memory.read(chunk, 0, Math.min(chunkBytes, to - at), at);
        for (const run of poisonedRuns(chunk.subarray(0, bytesRead))) {
          await memory.write(zeros, 0, run.to - run.from, at + run.from);
        }
      }
    }
  } finally {
    await memory.close();
  }
}

/** Pages next to each other are one. */
function poisonedRuns(chunk: Buffer): MemoryRange[] {
  const runs: MemoryRange[] = [];
  for (let at = 0; at + pageBytes <= chunk.length; at += pageBytes) {
    if (!isPoisoned(chunk, at)) continue;
    const last = runs.at(-1);
    if (last?.to === at) last.to += pageBytes;
    else runs.push({ from: at, to: at + pageBytes });
  }
  return runs;
}

function isPoisoned(chunk: Buffer, at: number): boolean {
  if (chunk[at] !== poison) return false;
  return chunk.compare(poisonPage, 0, pageBytes, at, at + pageBytes) === 0;
}
