import { ApprovalError } from "#helper/approval/errors.ts";
import { approve, type Review, rememberLimits, reviewConfig } from "#helper/approval/review.ts";
import { messageOf } from "#helper/sandbox/errors.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { askForApproval } from "../approval.ts";
import { ApprovalRequiredError } from "../errors.ts";
import { isInteractive } from "../prompt.ts";
import type { LoadedConfig } from "./configuration.ts";
import type { StartOptions } from "./options.ts";
import type { Reporter } from "./reporter.ts";

/**
 * The guest can write the project's files, so what in them reaches beyond the sandbox needs the user's
 * word. False means that the user said no.
 */
export async function agreeToPrivileges(
  project: Project,
  loaded: LoadedConfig,
  { reporter, options }: { reporter: Reporter; options: StartOptions },
): Promise<boolean> {
  const review = await reviewConfig(project.dir, loaded);
  if (review.isCovered) {
    await rememberLimits(review).catch((error: unknown) => {
      if (error instanceof ApprovalError) throw error;
      reporter.notice("warning", `The limits in force cannot be remembered: ${messageOf(error)}.`);
    });
    return true;
  }
  if (!(await isAgreed(review, options, reporter))) return false;
  await approve(review);
  return true;
}

async function isAgreed(
  review: Review,
  { yes, approve: agreed, json }: StartOptions,
  reporter: Reporter,
): Promise<boolean> {
  // Whoever names a digest means this configuration and no other, whatever else they agree to.
  if (agreed !== undefined ? agreed === review.digest : yes) return true;
  if (json || agreed !== undefined || !isInteractive()) {
    throw new ApprovalRequiredError(review.request);
  }
  reporter.clear();
  return await askForApproval(review);
}
