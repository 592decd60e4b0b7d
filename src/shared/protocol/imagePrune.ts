import * as z from "zod";

/** What `airlock image prune --json` answers, with `--dry-run` about what it would do. */
export const imagePrune = z.object({
  removed: z.array(z.object({ name: z.string(), digest: z.string(), sizeBytes: z.number() })),
  freedBytes: z.number(),
});

export type ImagePrune = z.output<typeof imagePrune>;
