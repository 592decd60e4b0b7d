import { constants } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Names in the directory of a saved machine. */
export const savedFiles = { state: "state", memory: "memory" };

/** A saved machine that is open: what happens to its files now does not matter any more. */
export type SavedMachine = {
  /** What QEMU knows of its devices. */
  state: Buffer;
  /** The guest's memory, a file with holes. */
  memory: FileHandle;
};

/** Opens a machine that `Machine.save` wrote. The caller closes `memory`. */
export async function openSaved(directory: string): Promise<SavedMachine> {
  const memory = await open(
    join(directory, savedFiles.memory),
    constants.O_RDONLY | constants.O_NOFOLLOW,
  );
  try {
    return { state: await readFile(join(directory, savedFiles.state)), memory };
  } catch (error) {
    await memory.close();
    throw error;
  }
}
