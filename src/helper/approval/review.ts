import { createHash } from "node:crypto";
import { isCovered, rememberedPart } from "#core/config/approval/compare.ts";
import {
  canonicalJson,
  type PrivilegedPart,
  privilegedPart,
} from "#core/config/approval/privileged.ts";
import { partDiff, partText } from "#core/config/approval/render.ts";
import type { Provenance } from "#core/config/provenance/provenance.ts";
import type { Config } from "#core/config/schema.ts";
import type { ApprovalRequest } from "#shared/protocol/status.ts";
import { pathFacts } from "./paths.ts";
import { readApproved, writeApproved } from "./store.ts";

/** What a project's configuration asks for, beside what the user has approved. */
export type Review = {
  projectDir: string;
  part: PrivilegedPart;
  approved: PrivilegedPart;
  /** Whether a start needs no question. */
  isCovered: boolean;
  request: ApprovalRequest;
};

export async function reviewConfig(
  projectDir: string,
  { config, provenance }: { config: Config; provenance: Provenance },
): Promise<Review> {
  const part = privilegedPart(config, provenance, await pathFacts(projectDir, config.vm));
  const approved = await readApproved(projectDir);
  return {
    ...{ projectDir, part, approved, isCovered: isCovered(part, approved) },
    request: {
      digest: `sha256:${createHash("sha256").update(canonicalJson(part)).digest("hex")}`,
      before: partText(approved),
      after: partText(part),
      diff: partDiff(approved, part),
    },
  };
}

export async function approve({ projectDir, part }: Review): Promise<void> {
  await writeApproved(projectDir, part);
}

/** Notes the limits of a start that needed no question, so that their loss is noticed later. */
export async function rememberLimits({ projectDir, part, approved }: Review): Promise<void> {
  const remembered = rememberedPart(part, approved);
  if (canonicalJson(remembered) === canonicalJson(approved)) return;
  await writeApproved(projectDir, remembered);
}
