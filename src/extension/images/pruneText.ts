import { formatBytes } from "#shared/bytes.ts";
import { type ImagePrune, imagePrune } from "#shared/protocol/imagePrune.ts";

/** Lines of a dialog that can be read without scrolling. */
const maxLines = 10;

/** What `airlock image prune --json` printed, or undefined when that is something else. */
export function parsePrune(text: string): ImagePrune | undefined {
  try {
    return imagePrune.safeParse(JSON.parse(text)).data;
  } catch {
    // Not even JSON.
    return undefined;
  }
}

/** The question before a prune. */
export function pruneQuestion({ removed, freedBytes }: ImagePrune): {
  message: string;
  detail: string;
} {
  const lines = removed
    .slice(0, maxLines)
    .map(({ name, sizeBytes }) => `${name}, ${formatBytes(sizeBytes)}`);
  const hidden = removed.length - lines.length;
  const more = hidden > 0 ? [`… and ${hidden} more`] : [];
  const end = "A start that needs one of them again pulls it again.";
  return {
    message: `Delete ${count(removed.length)} that no project uses, and free ${formatBytes(freedBytes)}?`,
    detail: [...lines, ...more, "", end].join("\n"),
  };
}

export function pruneOutcome({ removed, freedBytes }: ImagePrune): string {
  return `${count(removed.length)} deleted, ${formatBytes(freedBytes)} freed.`;
}

function count(images: number): string {
  return images === 1 ? "1 image" : `${images} images`;
}
