import { dirname, join } from "node:path";
import * as z from "zod";

/** What a client can say when it starts the server; whatever it gets wrong has its default. */
const optionsSchema = z
  .object({
    /** Formats whose plain keys and choices somebody else completes. */
    genericElsewhere: z.array(z.string()).catch([]),
    /** Command of the client that starts or stops the sandbox. */
    toggleCommand: z.string().optional().catch(undefined),
    /** Command of the client that shows a preset: its arguments are a name and a line. */
    presetCommand: z.string().optional().catch(undefined),
    /** Whether names from the files may be looked up in registries. */
    isTrusted: z.boolean().catch(false),
    /** Path of the command line tool, where it does not stand beside the server. */
    program: z.string().optional().catch(undefined),
    /** How long the typing has to rest before problems are looked for. */
    diagnosticsDelayMs: z.number().min(0).max(60_000).optional().catch(undefined),
  })
  .partial();

export function readOptions(value: unknown) {
  const given = optionsSchema.safeParse(value).data ?? {};
  const { genericElsewhere, toggleCommand, presetCommand, isTrusted, diagnosticsDelayMs } = given;
  return {
    genericElsewhere: genericElsewhere ?? [],
    ...{ toggleCommand, presetCommand },
    isTrusted: isTrusted ?? false,
    program: given.program ?? join(dirname(process.argv[1] ?? ""), "airlock.cjs"),
    diagnosticsDelayMs: diagnosticsDelayMs ?? defaultDelayMs,
  };
}

/** Long enough not to check at every key, short enough to seem immediate. */
const defaultDelayMs = 150;
