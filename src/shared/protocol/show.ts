import * as z from "zod";
import { sandboxStatusSchema } from "./status.ts";

const entry = {
  name: z.string(),
  /** False for an entry that is switched off. */
  enabled: z.boolean(),
};

/** What the configuration asks for now, which a running sandbox may not have been told yet. */
export const configuredSchema = z.object({
  /** Key paths of parts that this version does not have yet, such as `network.rules`: they do nothing. */
  notActive: z.array(z.string()),
  mounts: z.array(
    z.object({ ...entry, source: z.string(), target: z.string(), readOnly: z.boolean() }),
  ),
  /** Directories of the guest that outlive its file system. */
  caches: z.array(z.object({ ...entry, paths: z.array(z.string()) })),
  network: z.object({
    /** As the configuration spells it. */
    policy: z.string(),
    /** With how many targets each rule allows and denies. */
    rules: z.array(z.object({ ...entry, allow: z.number(), deny: z.number() })),
    /** With the number of targets whose requests a script sees. */
    middleware: z.array(z.object({ ...entry, targets: z.number() })),
    ports: z.array(z.object({ ...entry, host: ports(), guest: ports() })),
    sockets: z.array(z.object({ ...entry, host: z.string() })),
  }),
  daemons: z.array(z.object({ ...entry, command: z.array(z.string()) })),
  /** Paths in the project that the guest sees as empty. */
  masks: z.array(z.object({ ...entry, paths: z.array(z.string()) })),
});

export type Configured = z.infer<typeof configuredSchema>;

/** What `airlock show --json` prints. */
export const showSchema = sandboxStatusSchema.extend({
  /** Where the sandbox keeps its state on the host. */
  sandboxDir: z.string(),
  /** Null when the project has no configuration, or one with errors. */
  configured: configuredSchema.nullable(),
});

export type Show = z.infer<typeof showSchema>;

/** Ports that are forwarded to one side, as the configuration writes them. */
function ports() {
  return z.array(z.union([z.number(), z.string()]));
}
