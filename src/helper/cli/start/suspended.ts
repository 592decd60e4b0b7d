import { findImage } from "#helper/image/store.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { exists } from "#helper/sandbox/files.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { type Basis, changedParts } from "#helper/sandbox/suspended/basis.ts";
import { isSameDisk } from "#helper/sandbox/suspended/diskIdentity.ts";
import { readSuspended, type SuspendedRecord } from "#helper/sandbox/suspended/record.ts";
import { suspendedDir } from "#helper/sandbox/suspended/store.ts";
import { choose, isInteractive } from "../prompt.ts";
import type { StartOptions } from "./options.ts";
import type { Reporter } from "./reporter.ts";

export type SuspendedDecision =
  | { kind: "resume"; record: SuspendedRecord }
  /** Boot; what is suspended, if anything, is thrown away. */
  | { kind: "boot" }
  | { kind: "aborted" };

export type SuspendedQuestion = {
  options: Pick<StartOptions, "yes" | "json" | "resume" | "discardSuspended">;
  reporter: Reporter;
  signal: AbortSignal;
  /** What a start would be made from now. */
  basis: () => Promise<Basis>;
};

/** Decides what becomes of a suspended sandbox. It is never thrown away without somebody's word. */
export async function decideSuspended(
  project: Project,
  question: SuspendedQuestion,
): Promise<SuspendedDecision> {
  const record = await readSuspended(project);
  if (record === undefined || question.options.discardSuspended) return { kind: "boot" };
  const { fatal, others } = changedParts(record.spec.basis, await question.basis());
  const obstacle = await obstacleOf(project, record, fatal);
  if (obstacle !== undefined) return await askAboutUnusable(unusable(obstacle), question);
  if (others.length === 0 || question.options.resume) return { kind: "resume", record };
  return await askAboutChanges(record, others, question);
}

/** A suspended sandbox that turned out to be unusable: boot, or leave it. */
export async function askAboutUnusable(
  error: SandboxError,
  { options, reporter, signal }: Omit<SuspendedQuestion, "basis">,
): Promise<SuspendedDecision> {
  if (options.yes) return { kind: "boot" };
  if (options.json || !isInteractive()) throw error;
  reporter.clear();
  const text = `${error.message} Discard its running programs and start fresh? Its disk is kept.`;
  const answer = await choose(text, {
    choices: ["discard", "cancel"],
    preselected: "cancel",
    signal,
  });
  signal.throwIfAborted();
  return { kind: answer === "discard" ? "boot" : "aborted" };
}

async function askAboutChanges(
  record: SuspendedRecord,
  changed: readonly string[],
  { options, reporter, signal }: SuspendedQuestion,
): Promise<SuspendedDecision> {
  if (options.yes) return { kind: "boot" };
  const what = `Since the sandbox was suspended, ${listed(changed)} changed.`;
  if (options.json || !isInteractive()) {
    throw new SandboxError("suspended-changed", what, {
      hint: "Start with --resume to go on with it as it was, or with --discard-suspended to end its programs and start fresh.",
    });
  }
  reporter.clear();
  const text = `${what} Resume it as it was, or discard its running programs and start fresh (its disk is kept)?`;
  const choices = ["resume", "discard", "cancel"] as const;
  const answer = await choose(text, { choices, preselected: "resume", signal });
  signal.throwIfAborted();
  if (answer === "resume") return { kind: "resume", record };
  return { kind: answer === "discard" ? "boot" : "aborted" };
}

async function obstacleOf(
  project: Project,
  record: SuspendedRecord,
  fatal: readonly string[],
): Promise<string | undefined> {
  if (fatal.length > 0) return `${listed(fatal)} changed`;
  if (!(await exists(suspendedDir(project, record)))) return "its files are gone";
  if (!(await isSameDisk(project.diskFile, record.disk))) return "its disk has been changed since";
  const image = await findImage(record.spec.image.digest);
  return image === undefined ? "its image is not stored any more" : undefined;
}

function unusable(why: string): SandboxError {
  return new SandboxError(
    "suspended-unusable",
    `The suspended sandbox cannot be resumed: ${why}.`,
    { hint: discardHint },
  );
}

export const discardHint =
  "Start with --discard-suspended to end its programs and start fresh; its disk is kept.";

function listed(names: readonly string[]): string {
  const [last, ...others] = [...names].reverse();
  if (others.length === 0) return `${last} has`;
  return `${others.reverse().join(", ")} and ${last} have`;
}
