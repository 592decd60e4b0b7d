import * as z from "zod";
import { sealSchema } from "#helper/machine/state/saved.ts";
import { supervisorSpecSchema } from "../spec.ts";
import { diskIdentitySchema } from "./diskIdentity.ts";

/**
 * What is known of a suspended sandbox. It lies in the user's home and not in the project: a checkout may
 * bring an `.airlock` of its author's, and a machine is resumed with whatever this says.
 */
export const suspendedRecordSchema = z.object({
  /** Version of this format. */
  format: z.literal(2),
  /** Random name of the files in the project, which nobody else can know. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  projectDir: z.string(),
  suspendedAt: z.iso.datetime(),
  /** Bytes that the files take. */
  sizeBytes: z.number(),
  /** How the machine was started, without its environment, which is in its memory. */
  spec: supervisorSpecSchema,
  /** What the guest's agent put in force for processes. */
  measures: z.array(z.object({ id: z.string(), on: z.boolean(), detail: z.string() })),
  disk: diskIdentitySchema,
  /** Of the files in the project, which another sandbox may have mounted with a directory above it. */
  seal: sealSchema,
});

export type SuspendedRecord = z.infer<typeof suspendedRecordSchema>;
