import * as z from "zod";
import { sandboxStatusSchema } from "./status.ts";

/** A question of the panel that the extension answers; it can fail and it can time out. */
export type RequestDescriptor<Params, Result> = {
  name: string;
  params: z.ZodType<Params>;
  result: z.ZodType<Result>;
  timeoutMs: number;
};

/** Something that the extension tells the panel, without an answer. */
export type EventDescriptor<Params> = { name: string; params: z.ZodType<Params> };

/** The load of a sandbox at one moment. */
export const usageSampleSchema = z.object({
  /** Busy share of each guest CPU, 0 to 100. */
  cpuPercent: z.array(z.number()),
  memoryTotalBytes: z.number(),
  memoryUsedBytes: z.number(),
  /** Load averages over 1, 5 and 15 minutes. */
  load: z.tuple([z.number(), z.number(), z.number()]),
  /** Usage of the disk as the guest sees it. */
  diskSizeBytes: z.number(),
  diskUsedBytes: z.number(),
  processes: z.number(),
  /** Resident memory of the hypervisor on the host. */
  hostRssBytes: z.number(),
  /** What the disk image takes on the host; null when it cannot be told. */
  diskImageBytes: z.number().nullable(),
});

export type UsageSample = z.infer<typeof usageSampleSchema>;

const phaseSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("stopped") }),
  z.object({
    kind: z.literal("starting"),
    phase: z.string(),
    text: z.string(),
    amount: z.object({ doneBytes: z.number(), totalBytes: z.number() }).nullable(),
    /** Rate, time left and parts in words, where they are known. */
    details: z.string().optional(),
  }),
  z.object({ kind: z.literal("running") }),
  z.object({ kind: z.literal("stopping") }),
  z.object({ kind: z.literal("suspended") }),
  z.object({
    kind: z.literal("failed"),
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
  }),
]);

/** Everything the panel shows but the load. */
export const snapshotSchema = z.object({
  /** URI of the workspace folder: what a restored panel is found by. */
  folder: z.string(),
  folderName: z.string(),
  /** Whether the folder has an `airlock.*` file, `airlock.local.*` among them. */
  configured: z.boolean(),
  /** Whether it has the project's own `airlock.*` file. */
  hasProjectFile: z.boolean(),
  /** Whether the workspace is trusted, so that a sandbox may be started. */
  trusted: z.boolean(),
  state: phaseSchema,
  /** The last status that is known; null when the sandbox was never started. */
  status: sandboxStatusSchema.nullable(),
});

export type Snapshot = z.infer<typeof snapshotSchema>;

/** A line of the tree of the effective configuration. */
export type EffectiveNode = {
  /** What the tree knows it by over changes. */
  id: string;
  name: string;
  /** Null for tables and lists, which have only children. */
  value: string | null;
  /** Where the value comes from, in words; null for tables and lists. */
  origin: string | null;
  /** Number of the place for `openOrigin`; null when there is nothing to open. */
  target: number | null;
  /** Whether nobody has set it, or anything below it. */
  isDefault: boolean;
  /** Keys of a table, elements of a list, or what a value goes over. */
  children: EffectiveNode[];
};

const effectiveNodeSchema: z.ZodType<EffectiveNode> = z.lazy(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    value: z.string().nullable(),
    origin: z.string().nullable(),
    target: z.number().nullable(),
    isDefault: z.boolean(),
    children: z.array(effectiveNodeSchema),
  }),
);

/** What the configuration amounts to, behind the errors if it is broken. */
export const effectiveViewSchema = z.object({
  isBroken: z.boolean(),
  nodes: z.array(effectiveNodeSchema),
});

export type EffectiveView = z.infer<typeof effectiveViewSchema>;

export const panelActions = [
  "start",
  "stop",
  "suspend",
  "discardSuspended",
  "restart",
  "terminal",
  "configuration",
  "createConfiguration",
  "logs",
  "doctor",
  "effective",
  "trust",
  "copyDigest",
] as const;

export type PanelAction = (typeof panelActions)[number];

const nothing = z.object({});

/** What the panel asks. */
export const panelRequests = {
  load: request("load", nothing, {
    result: z.object({ snapshot: snapshotSchema, usage: z.array(usageSampleSchema) }),
    timeoutMs: 20_000,
  }),
  /** Asks for the effective configuration, and to be told when it changes. */
  effective: request("effective", nothing, { result: effectiveViewSchema, timeoutMs: 30_000 }),
  /** Opens a place that the effective configuration names. */
  openOrigin: request("openOrigin", z.object({ target: z.number() }), {
    result: nothing,
    timeoutMs: 10_000,
  }),
  /** Begins an action; its progress and failures are shown by VS Code, its effect by `changed`. */
  act: request("act", z.object({ action: z.enum(panelActions) }), {
    result: nothing,
    timeoutMs: 10_000,
  }),
};

/** What the panel is told. */
export const panelEvents = {
  changed: event("changed", snapshotSchema),
  usage: event("usage", usageSampleSchema),
  effective: event("effective", effectiveViewSchema),
};

/** Envelope of a request on its way to the extension. */
export const requestMessageSchema = z.object({
  type: z.literal("request"),
  id: z.number(),
  name: z.string(),
  params: z.unknown(),
});

/** Envelopes on their way to the panel. */
export const panelMessageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("result"), id: z.number(), result: z.unknown() }),
  z.object({ type: z.literal("failure"), id: z.number(), message: z.string() }),
  z.object({ type: z.literal("event"), name: z.string(), params: z.unknown() }),
]);

export type PanelMessage = z.infer<typeof panelMessageSchema>;

/** What the panel keeps with `setState`, to be found again after a reload. */
export const panelMemorySchema = z.object({ folder: z.string() });

function request<Params, Result>(
  name: string,
  params: z.ZodType<Params>,
  rest: { result: z.ZodType<Result>; timeoutMs: number },
): RequestDescriptor<Params, Result> {
  return { name, params, ...rest };
}

function event<Params>(name: string, params: z.ZodType<Params>): EventDescriptor<Params> {
  return { name, params };
}
