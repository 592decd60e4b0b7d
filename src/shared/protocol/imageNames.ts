import * as z from "zod";

/** What `airlock image names --json` answers: names to propose while one is typed. */
export const imageNames = z.object({
  images: z.array(z.object({ name: z.string(), detail: z.string() })),
});

export type ImageNames = z.output<typeof imageNames>;
