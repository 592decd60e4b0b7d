import { type NamedReference, parseReference } from "#core/oci/reference.ts";
import { tellNews } from "./news.ts";
import { openRegistry } from "./sources/named.ts";
import { readTag, type TagRecord, writeTag } from "./tags.ts";

const checkEveryMs = 24 * 60 * 60 * 1000;

export type TagState = "current" | "moved" | "unknown";

export type CheckOptions = {
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** Without, a check of the last day stands. */
  readonly force?: boolean;
};

/**
 * Whether a tag stands for another image than when it was pulled. This is only ever said: nothing is
 * pulled and nothing changes.
 */
export async function checkTag(
  name: string,
  { insecure, signal, force }: CheckOptions,
): Promise<TagState> {
  const reference = parseReference(name);
  if (reference.source !== "named" || reference.name.digest !== undefined) return "unknown";
  const tag = await readTag(reference.name);
  if (tag === undefined) return "unknown";
  const isFresh = Date.now() - Date.parse(tag.checkedAt) < checkEveryMs;
  if (isFresh && !force) return tag.newerDigest === undefined ? "current" : "moved";
  return await ask(reference.name, tag, { insecure, signal });
}

/** Tells, at most once a day, when a tag stands for another image than when it was pulled. */
export async function tellNewer(
  name: string,
  options: CheckOptions,
  tell: () => boolean,
): Promise<void> {
  if ((await checkTag(name, options)) !== "moved") return;
  const reference = parseReference(name);
  const tag = reference.source === "named" ? await readTag(reference.name) : undefined;
  if (tag?.newerDigest !== undefined) await tellNews(name, tag.newerDigest, tell);
}

async function ask(
  name: NamedReference,
  tag: TagRecord,
  { insecure, signal }: CheckOptions,
): Promise<TagState> {
  const registry = await openRegistry(name, { insecure });
  try {
    const now = await registry.currentDigest(signal);
    if (now === undefined) return "unknown";
    const { digest, listedDigest } = tag;
    const moved = now !== listedDigest;
    await writeTag(name, { digest, listedDigest, ...(moved && { newerDigest: now }) });
    return moved ? "moved" : "current";
  } finally {
    await registry.close("discard");
  }
}
