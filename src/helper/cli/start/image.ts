import type { Config } from "#core/config/schema.ts";
import { prepareImage } from "#helper/image/prepare.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { exists } from "#helper/sandbox/files.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { readRunRecord } from "#helper/sandbox/runRecord.ts";
import { choose, isInteractive } from "../prompt.ts";
import type { Reporter } from "./reporter.ts";

export type StartImage = Awaited<ReturnType<typeof prepareImage>>;

export async function startImage(
  project: Project,
  vm: Config["vm"],
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): Promise<StartImage> {
  return await prepareImage(
    { ...vm.image, projectDir: project.dir },
    { signal, onProgress: (progress) => reporter.progress(progress) },
  );
}

/**
 * Another image empties the root file system of the sandbox, so somebody has to agree. False means
 * that the user changed their mind.
 */
export async function agreeToImage(
  project: Project,
  image: StartImage,
  { yes, reporter }: { yes: boolean; reporter: Reporter },
): Promise<boolean> {
  const before = (await readRunRecord(project))?.status.image;
  if (!before?.digest || before.digest === image.digest) return true;
  if (!(await exists(project.diskFile)) || yes) return true;
  reporter.clear();
  if (!isInteractive()) {
    throw new SandboxError(
      "image-changed",
      `The sandbox image has changed from ${before.name} (${short(before.digest)}) to ${image.name} (${short(image.digest)}).`,
      {
        hint: "Start with --yes: everything outside the project and /airlock/disk is made anew from the new image.",
      },
    );
  }
  const answer = await choose(
    `The sandbox image has changed to ${image.name}. Files outside the project and /airlock/disk are made anew.`,
    { choices: ["recreate", "cancel"], preselected: "recreate" },
  );
  return answer === "recreate";
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}
