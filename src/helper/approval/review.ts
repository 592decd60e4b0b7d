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
  /** Digest of the part, by which somebody can agree to it. */
  digest: string;
  /** Whether a start needs no question. */
  isCovered: boolean;
  /** Worded when it is asked for, which most starts do not. */
  readonly request: ApprovalRequest;
};

export async function reviewConfig(
  projectDir: string,
  { config, provenance }: { config: Config; provenance: Provenance },
): Promise<Review> {
  const part = privilegedPart(config, provenance, await pathFacts(projectDir, config.vm));
  const approved = await readApproved(projectDir);
  const digest = digestOf(part);
  return {
    ...{ projectDir, part, approved, isCovered: isCovered(part, approved) },
    digest,
    get request() {
      const [before, after] = [partText(approved), partText(part)];
      return { digest, before, after, diff: partDiff(approved, part) };
    },
  };
}

function digestOf(part: PrivilegedPart): string {
  return `sha256:${createHash("sha256").update(canonicalJson(part)).digest("hex")}`;
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
