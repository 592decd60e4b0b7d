import { mkdir, open, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isAbandoned, ownerTag } from "#helper/files/owner.ts";
import {
  BadSaved,
  openSaved,
  openSavedDirectory,
  type SavedDirectory,
  type SavedMachine,
  sealSaved,
  sealSchema,
} from "../machine/state/saved.ts";
import { draftDir, draftName, snapshotDir, warmDir } from "./paths.ts";

const metadataFile = "metadata.json";

/** What a snapshot says of itself; it is written last, and counts as the snapshot's last use. */
const metadataSchema = z.object({
  format: z.literal(2),
  key: z.string(),
  seal: sealSchema,
  createdAt: z.string(),
});

/** Opens the snapshot of a key and checks it; undefined when there is none. Throws `BadSaved`. */
export async function openSnapshot(
  key: string,
  memoryBytes: number,
): Promise<SavedMachine | undefined> {
  const directory = await openSavedDirectory(snapshotDir(key));
  if (directory === undefined) return undefined;
  try {
    const said = await readMetadata(directory);
    if (said.key !== key) throw new BadSaved("it belongs to another machine");
    if (said.seal.memoryBytes !== memoryBytes) throw new BadSaved("its memory is not complete");
    return await openSaved(directory, said.seal);
  } finally {
    await directory.close();
  }
}

async function readMetadata(directory: SavedDirectory): Promise<z.infer<typeof metadataSchema>> {
  const file = await directory.file(metadataFile);
  try {
    const said = metadataSchema.safeParse(parse(await file.readFile("utf8"))).data;
    if (said === undefined) throw new BadSaved("it does not describe itself as this version does");
    return said;
  } finally {
    await file.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Says that the snapshot was used just now. A read-only cache cannot remember it. */
export async function touchSnapshot(key: string): Promise<void> {
  const now = new Date();
  await utimes(join(snapshotDir(key), metadataFile), now, now).catch(() => undefined);
}

/** Moved away first, so that nobody finds half of it. */
export async function removeSnapshot(key: string): Promise<void> {
  const aside = draftDir(key, ownerTag());
  await rename(snapshotDir(key), aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

/** An empty directory to save into; undefined when another process is saving the same machine. */
export async function beginSnapshot(
  key: string,
  drafts: readonly string[],
): Promise<string | undefined> {
  for (const name of drafts) {
    const [, draftKey, tag = ""] = draftName.exec(name) ?? [];
    if (draftKey === key && !(await isAbandoned(join(warmDir(), name), tag))) return undefined;
  }
  const draft = draftDir(key, ownerTag());
  await mkdir(draft, { mode: 0o700 });
  return draft;
}

/** Makes a saved machine the snapshot of its key; when there is one already, that one stays. */
export async function commitSnapshot(key: string, draft: string): Promise<boolean> {
  const metadata: z.input<typeof metadataSchema> = {
    format: 2,
    key,
    seal: await sealSaved(draft),
    createdAt: new Date().toISOString(),
  };
  const file = await open(join(draft, metadataFile), "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(metadata, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return await rename(draft, snapshotDir(key)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTEMPTY" || error.code === "EEXIST") return false;
      throw error;
    },
  );
}
