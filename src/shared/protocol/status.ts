import * as z from "zod";

/**
 * One sandbox as its users see it: what `airlock show --json` prints, what the supervisor sends in a
 * `State` event and what the panel shows. Sizes are bytes, durations milliseconds, times ISO 8601.
 */
export const sandboxStatusSchema = z.object({
  status: z.enum([
    "stopped",
    "starting",
    "running",
    "stopping",
    "suspending",
    "suspended",
    "failed",
  ]),
  /** Project directory on the host. */
  path: z.string(),
  /** Where the guest sees the project. */
  guestPath: z.string(),
  image: z.object({
    /** Reference as configured. */
    name: z.string(),
    /** Digest of the platform's manifest; null before the image was prepared. */
    digest: z.string().nullable(),
    /** Transport that delivered the image, such as `embedded` or `oci`. */
    source: z.string().nullable(),
    /** Size of the image file in the store. */
    sizeBytes: z.number().nullable(),
  }),
  cpus: z.number(),
  memoryBytes: z.number(),
  /** Memory that the running machine takes on the host; null while none runs. */
  hostRssBytes: z.number().nullable().default(null),
  /** Null until a machine was started. */
  accelerator: z.enum(["kvm", "hvf", "tcg"]).nullable(),
  /** Whether the machine was resumed from a snapshot or booted; absent until its agent has answered. */
  startKind: z.enum(["warm", "cold"]).nullish(),
  hardening: z.array(
    z.object({
      /** Stable id, such as `no-new-privs` or `state-cover`. */
      id: z.string(),
      /** Name for a person. */
      title: z.string(),
      /** `soft`: in force, but the guest's root could lift it. */
      state: z.enum(["on", "off", "soft"]),
      /** One sentence: what the measure does, or why it is off. */
      detail: z.string(),
    }),
  ),
  disk: z
    .object({
      /** Bytes the disk image takes on the host. */
      usedBytes: z.number(),
      /** Size the guest sees. */
      sizeBytes: z.number(),
    })
    .nullable(),
  mounts: z.array(
    z.object({
      name: z.string(),
      source: z.string(),
      target: z.string(),
      readOnly: z.boolean(),
      /** How the mount reaches the guest. */
      type: z.enum(["virtiofs", "9p"]).nullable(),
    }),
  ),
  /** When the running or last sandbox became ready. */
  startedAt: z.string().nullable(),
  /** Phases of the running or last start, in order. */
  phases: z.array(z.object({ name: z.string(), ms: z.number() })),
  /** Configured features that this version does not have yet, as key paths. */
  notActive: z.array(z.string()),
  /** Process id of the supervisor while one runs. */
  supervisorPid: z.number().nullable(),
  /** Since when the sandbox is suspended, and what its memory takes on the host's disk. */
  suspended: z.object({ since: z.string(), sizeBytes: z.number() }).nullable().default(null),
  /** Why the status is `failed`. */
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
});

export type SandboxStatus = z.infer<typeof sandboxStatusSchema>;
export type HardeningMeasure = SandboxStatus["hardening"][number];

/** What a start asks the user to approve: `airlock start --approve <digest>` answers with yes. */
export const approvalRequestSchema = z.object({
  /** SHA-256 of exactly this part of the configuration, as `sha256:<hex>`. */
  digest: z.string(),
  /** What was approved before, one setting per line; empty at the first start. */
  before: z.string(),
  /** What the configuration asks for now. */
  after: z.string(),
  /** Unified diff of the two. */
  diff: z.string(),
});

export type ApprovalRequest = z.infer<typeof approvalRequestSchema>;

/** Who somebody is to a registry: one line of JSON on the standard input, with `--credentials-stdin`. */
export const credentialsSchema = z.object({
  /** The only host they are for; without it, the image's own registry. */
  host: z.string().optional(),
  username: z.string().min(1),
  password: z.string().min(1),
});

export type RegistryCredentials = z.infer<typeof credentialsSchema>;

/** What a start wants to know when a registry does not let everybody pull. Nothing in it is secret. */
export const signInRequestSchema = z.object({
  /** Registry, with its port if it has one. */
  host: z.string(),
  /** Image as configured. */
  image: z.string(),
  /** Why: in the registry's words where it has some. */
  reason: z.string(),
  /** Whether the credentials that were given for this start have just been refused. */
  isRefusal: z.boolean(),
  /** Whether what is sent can be read on the way. */
  isPlain: z.boolean(),
});

export type SignInRequest = z.infer<typeof signInRequestSchema>;

/**
 * One line of `airlock start --json`: newline-delimited JSON on the standard output. The last line is
 * `ready`, `exited` or `error`.
 */
export const startEventSchema = z.discriminatedUnion("event", [
  z.object({
    event: z.literal("progress"),
    phase: z.string(),
    text: z.string(),
    /** Bytes done and whole; null where the phase has no amount. */
    doneBytes: z.number().nullable(),
    totalBytes: z.number().nullable(),
    bytesPerSecond: z.number().nullish(),
    secondsLeft: z.number().nullish(),
    /** Layers of an image on their way, the topmost first. */
    layers: z
      .array(
        z.object({
          digest: z.string(),
          state: z.enum(["waiting", "fetching", "fetched", "done"]),
          doneBytes: z.number(),
          totalBytes: z.number(),
        }),
      )
      .readonly()
      .optional(),
  }),
  z.object({ event: z.literal("notice"), level: z.enum(["info", "warning"]), text: z.string() }),
  z.object({ event: z.literal("ready"), status: sandboxStatusSchema }),
  z.object({ event: z.literal("exited"), code: z.number() }),
  z.object({
    event: z.literal("error"),
    code: z.string(),
    message: z.string(),
    /** What the user can do about it. */
    hint: z.string().nullable(),
    exitCode: z.number(),
    /** Present with the code `approval-required`. */
    approval: approvalRequestSchema.optional(),
    /** Present with the code `sign-in-required`. */
    signIn: signInRequestSchema.optional(),
  }),
]);

export type StartEvent = z.infer<typeof startEventSchema>;
