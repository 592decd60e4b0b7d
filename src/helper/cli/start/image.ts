import type { Config } from "#core/config/schema.ts";
import type { ChangeDecision, ImageChange } from "#helper/image/change.ts";
import { ImageError } from "#helper/image/errors.ts";
import { type PrepareOptions, prepareImage } from "#helper/image/prepare.ts";
import type { ImageProgress } from "#helper/image/progress.ts";
import { declinedImage, noteProjectImage, pulledImage } from "#helper/image/projects.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { exists } from "#helper/sandbox/files.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { readLastRun } from "#helper/sandbox/runRecord.ts";
import { choose, isInteractive } from "../prompt.ts";
import type { Reporter } from "./reporter.ts";

export type StartImage = Awaited<ReturnType<typeof prepareImage>>;

/** What the options say about an image that has changed. */
export type ChangeAnswer = { readonly yes: boolean; readonly keepImage: boolean };

type ImageConduct = {
  reporter: Reporter;
  signal: AbortSignal;
  answer: ChangeAnswer;
  onSignIn: PrepareOptions["onSignIn"];
};

const progressEveryMs = 100;

/**
 * Prepares the sandbox's image. Another image than before empties the sandbox's root file system, so
 * somebody has to agree; "aborted" means that the user changed their mind.
 */
export async function startImage(
  project: Project,
  vm: Config["vm"],
  { reporter, signal, answer, onSignIn }: ImageConduct,
): Promise<StartImage | "aborted"> {
  const previous = await previousImage(project);
  const { name } = vm.image;
  const known = await declinedImage(project.dir);
  let declined = known?.name === name && !answer.yes ? known : undefined;
  try {
    const image = await prepareImage(
      { ...vm.image, projectDir: project.dir },
      {
        signal,
        previous,
        pulled: await pulledImage(project.dir),
        onProgress: seldom((progress) => reporter.progress(progress)),
        onNotice: (text) => reporter.notice("warning", text),
        onSignIn,
        declinedDigest: declined?.digest,
        onChange: async (change) => {
          const decision = await agreeToChange(change, { answer, reporter, signal });
          const { digest } = change.after;
          declined = decision === "continue" ? { name, digest } : undefined;
          return decision;
        },
      },
    );
    await noteProjectImage(project.dir, image.digest, declined);
    return image;
  } catch (error) {
    if (error instanceof ImageError && error.code === "declined") return "aborted";
    throw error;
  }
}

/** The image of the last start, as long as there is a disk made from it. */
async function previousImage(project: Project) {
  const before = readLastRun(project)?.status.image;
  if (!before?.digest || !(await exists(project.diskFile))) return undefined;
  return { name: before.name, digest: before.digest };
}

async function agreeToChange(
  { before, after, canContinue }: ImageChange,
  { answer, reporter, signal }: { answer: ChangeAnswer; reporter: Reporter; signal: AbortSignal },
): Promise<ChangeDecision> {
  if (answer.keepImage && canContinue) return "continue";
  if (answer.yes) return "recreate";
  reporter.clear();
  if (!isInteractive()) {
    const keep = canContinue ? " --keep-image goes on with the old image." : "";
    throw new SandboxError(
      "image-changed",
      `The sandbox image has changed from ${before.name} (${short(before.digest)}) to ${after.name} (${short(after.digest)}).`,
      {
        hint: `Start with --yes: everything outside the project and /airlock/disk is made anew from the new image.${keep}`,
      },
    );
  }
  const text = `The sandbox image has changed to ${after.name}. With the new image, files outside the project and /airlock/disk are made anew.`;
  const choices = canContinue
    ? (["recreate", "keep", "cancel"] as const)
    : (["recreate", "cancel"] as const);
  const chosen = await choose(text, { choices, preselected: "recreate", signal });
  signal.throwIfAborted();
  if (chosen === "keep") return "continue";
  return chosen ?? "cancel";
}

/** Progress comes with every piece of a blob; nobody looks that often. The last piece always counts. */
function seldom(show: (progress: ImageProgress) => void): (progress: ImageProgress) => void {
  let nextMs = 0;
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs < nextMs && progress.doneBytes !== progress.totalBytes) return;
    nextMs = nowMs + progressEveryMs;
    show(progress);
  };
}

/**
 * Says when the image's tag stands for a newer image, at most once a day, asking the registry. The start
 * does not wait for the answer: what comes too late is told by the next one.
 */
export function mentionNewerImage(
  { image }: Config["vm"],
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): void {
  const mention = async () => {
    if (/^(embedded|oci|oci-archive|docker-archive):/.test(image.name)) return;
    const { tellNewer } = await import("#helper/image/newer.ts");
    await tellNewer(image.name, { insecure: image.insecure, signal }, () => {
      if (signal.aborted) return false;
      const how = "`airlock image pull` gets it for the next start";
      reporter.notice("info", `A newer image of ${image.name} exists; ${how}.`);
      return true;
    });
  };
  // Without network there is nothing to say.
  mention().catch(() => undefined);
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}
