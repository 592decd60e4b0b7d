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
  /** Boot; this suspended state, if any, is thrown away. */
  | { kind: "boot"; discardId: string | null }
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
  if (record === undefined) return { kind: "boot", discardId: null };
  if (question.options.discardSuspended) return { kind: "boot", discardId: record.id };
  const { fatal, others } = changedParts(record.spec.basis, await question.basis());
  const obstacle = await obstacleOf(project, record, fatal);
  if (obstacle !== undefined) {
    const mayDiscard = await agreesToDiscard(unusable(obstacle), question);
    return mayDiscard ? { kind: "boot", discardId: record.id } : { kind: "aborted" };
  }
  if (others.length === 0 || question.options.resume) return { kind: "resume", record };
  return await askAboutChanges(record, others, question);
}

/** Whether a suspended sandbox that turned out to be unusable may be thrown away. */
export async function agreesToDiscard(
  error: SandboxError,
  { options, reporter, signal }: Omit<SuspendedQuestion, "basis">,
): Promise<boolean> {
  if (options.yes) return true;
  if (options.json || !isInteractive()) throw error;
  reporter.clear();
  const text = `${error.message} Discard its running programs and start fresh? Its disk is kept.`;
  const answer = await choose(text, {
    choices: ["discard", "cancel"],
    preselected: "cancel",
    signal,
  });
  signal.throwIfAborted();
  return answer === "discard";
}

async function askAboutChanges(
  record: SuspendedRecord,
  changed: readonly string[],
  { options, reporter, signal }: SuspendedQuestion,
): Promise<SuspendedDecision> {
  if (options.yes) return { kind: "boot", discardId: record.id };
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
  return answer === "discard" ? { kind: "boot", discardId: record.id } : { kind: "aborted" };
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

const discardHint =
  "Start with --discard-suspended to end its programs and start fresh; its disk is kept.";

/** What helps after a failure with a suspended sandbox, by the code of the failure. */
export const suspendedHints: Readonly<Record<string, string>> = {
  "suspended-unusable": discardHint,
  "suspended-changed":
    "--discard-suspended ends its programs and starts fresh instead; its disk is kept.",
  "resume-failed":
    "It is still suspended: start it again when the cause is gone. With --discard-suspended, its programs are given up; its disk is kept.",
};

function listed(names: readonly string[]): string {
  const [last, ...others] = [...names].reverse();
  if (others.length === 0) return `${last} has`;
  return `${others.reverse().join(", ")} and ${last} have`;
}
