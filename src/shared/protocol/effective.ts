import * as z from "zod";

const positionSchema = z.object({ line: z.number(), column: z.number() });

/** What the extension reads of `airlock config --origins --json`. Lines and columns are 1-based. */
export const effectiveSchema = z.object({
  /** The effective configuration as TOML, with a comment at each value that says where it is from. */
  text: z.string(),
  /** The places that the comments name. */
  links: z.array(
    z.object({
      /** Where in `text` the place is named, and by which words. */
      line: z.number(),
      column: z.number(),
      text: z.string(),
      /** File of the value; for one of a preset, the file that asks for the preset. */
      path: z.string(),
      start: positionSchema,
    }),
  ),
});

export type Effective = z.infer<typeof effectiveSchema>;
