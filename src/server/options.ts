import { dirname, join } from "node:path";
import * as z from "zod";

/** What a client can say when it starts the server; whatever it gets wrong has its default. */
const optionsSchema = z
  .object({
    /** Formats whose plain keys and choices somebody else completes. */
    genericElsewhere: z.array(z.string()).catch([]),
    /** Command of the client that starts or stops the sandbox. */
    toggleCommand: z.string().optional().catch(undefined),
    /** Whether names from the files may be looked up in registries. */
    isTrusted: z.boolean().catch(false),
    /** Path of the command line tool, where it does not stand beside the server. */
    program: z.string().optional().catch(undefined),
    /** How long the typing has to rest before problems are looked for. */
    diagnosticsDelayMs: z.number().min(0).max(60_000).optional().catch(undefined),
  })
  .partial();

export function readOptions(value: unknown) {
  const { genericElsewhere, toggleCommand, isTrusted, program, diagnosticsDelayMs } =
    optionsSchema.safeParse(value).data ?? {};
  return {
    genericElsewhere: genericElsewhere ?? [],
    toggleCommand,
    isTrusted: isTrusted ?? false,
    program: program ?? join(dirname(process.argv[1] ?? ""), "airlock.cjs"),
    diagnosticsDelayMs: diagnosticsDelayMs ?? defaultDelayMs,
  };
}

/** Long enough not to check at every key, short enough to seem immediate. */
const defaultDelayMs = 150;
