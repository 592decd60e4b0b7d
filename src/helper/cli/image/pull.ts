import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { readConfig } from "#helper/config/read.ts";
import { checkTag } from "#helper/image/newer.ts";
import { type ImageRequest, prepareImage } from "#helper/image/prepare.ts";
import { notePulledImage } from "#helper/image/projects.ts";
import { currentDirectory, currentProject } from "#helper/sandbox/project.ts";
import { printable } from "#shared/printable.ts";
import type { PullFlags } from "../commands/image.ts";
import { printResult, say } from "../output.ts";
import { answerSignIn, readCredentials } from "../signIn.ts";
import { configError } from "../start/configuration.ts";
import { watchInterruption } from "../start/interruption.ts";
import { humanReporter, jsonReporter } from "../start/reporter.ts";
import { printJson } from "./texts.ts";

/** Exit code of `--check` when there is a newer image. */
const newerExitCode = 3;

/** Gets an image whatever is stored of it; gives the exit code. */
export async function pullImage(name: string | undefined, flags: PullFlags): Promise<number> {
  const request = name === undefined ? await projectImage() : namedImage(name);
  const insecure = flags.insecure ?? request.insecure;
  const interruption = watchInterruption();
  try {
    const { signal } = interruption;
    if (flags.check) return await check(request.name, { insecure, signal, json: flags.json });
    return await pull({ ...request, insecure }, { signal, flags, forProject: name === undefined });
  } finally {
    interruption.release();
  }
}

type PullContext = { signal: AbortSignal; flags: PullFlags; forProject: boolean };

async function pull(request: ImageRequest, { signal, flags, forProject }: PullContext) {
  const reporter = flags.json ? jsonReporter() : humanReporter(false);
  const onProgress = (progress: Parameters<typeof reporter.progress>[0]) => {
    if (!flags.json) reporter.progress(progress);
  };
  const given = flags.credentialsStdin ? await readCredentials() : undefined;
  const { clear } = reporter;
  const onSignIn = answerSignIn({ json: flags.json ?? false, signal, clear, given });
  const image = await prepareImage(request, {
    signal,
    refresh: true,
    onProgress,
    onSignIn,
    onNotice: (text) => say(printable(text)),
  }).finally(clear);
  if (forProject) {
    await notePulledImage(currentProject().dir, { name: request.name, digest: image.digest });
  }
  const { digest, sizeBytes, path, source } = image;
  if (flags.json) await printJson({ name: request.name, digest, source, sizeBytes, path });
  else await printResult(`${digest}\n`);
  return 0;
}

async function check(
  name: string,
  { json, ...options }: { insecure: boolean; signal: AbortSignal; json: boolean | undefined },
): Promise<number> {
  const state = await checkTag(name, { ...options, force: true });
  if (json) await printJson({ name, state });
  else say(stateTexts[state](name));
  return state === "moved" ? newerExitCode : 0;
}

const stateTexts = {
  current: (name: string) => `The stored image is the latest one of ${name}.`,
  moved: (name: string) => `A newer image of ${name} exists.`,
  unknown: (name: string) => `It is not known whether there is a newer image of ${name}.`,
};

function namedImage(name: string): ImageRequest {
  return { name, resolution: "auto", insecure: false, projectDir: currentDirectory() };
}

async function projectImage(): Promise<ImageRequest> {
  const project = currentProject();
  const { config, diagnostics } = await readConfig(project.dir);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (config === undefined) throw configError(errors.map(formatDiagnostic));
  return { ...config.vm.image, projectDir: project.dir };
}
