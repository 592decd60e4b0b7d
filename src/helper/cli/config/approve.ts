import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { approve, type Review, reviewConfig } from "#helper/approval/review.ts";
import { writeApproved } from "#helper/approval/store.ts";
import { readConfig } from "#helper/config/read.ts";
import { currentProject } from "#helper/sandbox/project.ts";
import { askForApproval } from "../approval.ts";
import { ApprovalRequiredError } from "../errors.ts";
import { printResult, say } from "../output.ts";
import { isInteractive } from "../prompt.ts";
import { configError } from "../start/configuration.ts";

export type ApproveFlags = {
  yes?: boolean;
  print?: boolean;
  json?: boolean;
  revoke?: boolean;
  quiet?: boolean;
};

/** `airlock config approve`: says yes to the privileged part without starting anything. */
export async function approveConfig(flags: ApproveFlags): Promise<void> {
  const { dir } = currentProject();
  const tell = (text: string) => (flags.quiet ? undefined : say(text));
  if (flags.revoke) {
    await writeApproved(dir, undefined);
    return tell("Nothing is approved for this project any more.");
  }
  const review = await reviewed(dir);
  if (flags.json) return printResult(`${JSON.stringify(describe(review), undefined, 2)}\n`);
  if (flags.print) return printResult(`${review.request.after}# ${review.request.digest}\n`);
  if (review.isCovered) return tell("The configuration needs no approval.");
  if (!flags.yes && !isInteractive()) throw new ApprovalRequiredError(review.request);
  if (!flags.yes && !(await askForApproval(review))) return tell("Not approved.");
  await approve(review);
  tell("Approved.");
}

async function reviewed(dir: string): Promise<Review> {
  const { config, provenance, diagnostics } = await readConfig(dir);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (config === undefined) throw configError(errors.map(formatDiagnostic));
  return await reviewConfig(dir, { config, provenance });
}

function describe({ isCovered, request, part, approved }: Review) {
  return { needed: !isCovered, ...request, part, approved };
}
