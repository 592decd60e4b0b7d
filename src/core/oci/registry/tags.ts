import { z } from "zod";

const list = z.object({ tags: z.array(z.string()).nullish() });

/** The tags in a registry's answer; whatever in it is no tag is left out. */
export function parseTagList(text: string): string[] {
  try {
    const { tags } = list.parse(JSON.parse(text));
    return (tags ?? []).filter((tag) => /^\w[\w.-]{0,127}$/.test(tag));
  } catch {
    // A list is only proposed from: one that cannot be read proposes nothing.
    return [];
  }
}
