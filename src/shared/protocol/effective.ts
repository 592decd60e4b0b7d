import * as z from "zod";

const positionSchema = z.object({ line: z.number(), column: z.number() });
const rangeSchema = z.object({ start: positionSchema, end: positionSchema });
const scopeSchema = z.enum(["default", "preset", "user", "project", "local"]);

/** Who says something. */
const originSchema = z.object({
  scope: scopeSchema,
  /** Name of the preset that sets the value. */
  preset: z.string().exactOptional(),
  /** File, or `preset:<name>`; absent for defaults. */
  path: z.string().exactOptional(),
  range: rangeSchema.exactOptional(),
  /** Place in a file that asks for the preset. */
  askedBy: z.object({ scope: scopeSchema, path: z.string(), range: rangeSchema }).exactOptional(),
});

/** What the extension reads of `airlock config --origins --json`. Lines and columns are 1-based. */
export const effectiveSchema = z.object({
  /** Whether this is only what the valid parts amount to; the errors are told beside it. */
  hasErrors: z.boolean(),
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
  presets: z.array(z.object({ name: z.string(), origin: originSchema })),
  /** Every scalar, every element of a list and every empty list. */
  values: z.array(
    z.object({
      keyPath: z.string(),
      value: z.unknown(),
      origin: originSchema,
      /** What it goes over, strongest first. */
      overrode: z.array(z.object({ value: z.unknown(), origin: originSchema })),
    }),
  ),
});

export type Effective = z.infer<typeof effectiveSchema>;
