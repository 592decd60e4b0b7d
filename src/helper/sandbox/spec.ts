import * as z from "zod";
import { logLevels } from "#shared/log.ts";

/**
 * Everything a supervisor needs to run one sandbox, made by `airlock start`. It travels over the
 * supervisor's standard input, because the environment in it holds secrets.
 */
export const supervisorSpecSchema = z.object({
  projectDir: z.string(),
  /** Where the guest sees the project; also the working directory. */
  guestPath: z.string(),
  /** State directories of other sandboxes in the project, relative to it. */
  nestedStateDirs: z.array(z.string()).default([]),
  image: z.object({
    name: z.string(),
    digest: z.string(),
    source: z.string(),
    /** The EROFS file in the store. */
    path: z.string(),
    sizeBytes: z.number(),
  }),
  machine: z.object({
    arch: z.enum(["x64", "arm64"]),
    accelerator: z.enum(["kvm", "hvf", "tcg"]),
    cpus: z.number(),
    memoryBytes: z.number(),
    kernelPath: z.string(),
    initramfsPath: z.string(),
    /** Whether the guest may run virtual machines itself. */
    nested: z.boolean(),
  }),
  /** Whether and in how much space snapshots of base machines are kept. */
  warm: z.object({ enabled: z.boolean(), maxBytes: z.number() }),
  diskBytes: z.number(),
  /** User as the image writes it. */
  user: z.string(),
  /** `K=V`, the image's entries first. */
  env: z.array(z.string()),
  harden: z.boolean(),
  /** Key paths of configured features that do not exist yet. */
  notActive: z.array(z.string()),
  /** What it is started from, part by part: by this a suspended sandbox knows that something changed. */
  basis: z.record(z.string(), z.string()),
  /** What the image runs by itself. */
  imageCommand: z.array(z.string()),
  /** Suspended state to go on from instead of booting; null boots. */
  resumeId: z.string().nullable(),
  /** Suspended state that may be thrown away for a boot; null when there was none to ask about. */
  discardId: z.string().nullable(),
  /** When the sandbox suspends itself. */
  suspend: z.object({
    /** When the last editor window that mirrors it has gone. */
    onWindowClose: z.boolean(),
    /** After so much time without work, in minutes; 0 means never. */
    idleMinutes: z.number(),
  }),
  /** Whether the sandbox lives only as long as the process that starts it. */
  held: z.boolean(),
  /** What `airlock start` did before. */
  phases: z.array(z.object({ name: z.string(), ms: z.number() })),
  /** When that was done, in milliseconds since the epoch: the way to the supervisor is a phase, too. */
  plannedAtMs: z.number(),
  logLevel: z.enum(logLevels),
});

export type SupervisorSpec = z.infer<typeof supervisorSpecSchema>;
