import { existsSync } from "node:fs";
import type { Config } from "#core/config/schema.ts";
import { reviewConfig } from "#helper/approval/review.ts";
import { hostArch } from "#helper/bundle.ts";
import { chooseAccelerator } from "#helper/machine/accelerator.ts";
import { findQemu, type Qemu } from "#helper/machine/qemu.ts";
import { diskBytes } from "#helper/sandbox/disk.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import type { FutureSupervisor } from "#helper/sandbox/launch.ts";
import { nestedStateDirs } from "#helper/sandbox/nested.ts";
import { claimState } from "#helper/sandbox/ownership.ts";
import { createStateDir, type Project } from "#helper/sandbox/project.ts";
import { refuseRunning } from "#helper/sandbox/refuseRunning.ts";
import type { SupervisorSpec } from "#helper/sandbox/spec.ts";
import { type Basis, preparedBasis, startBasis } from "#helper/sandbox/suspended/basis.ts";
import type { SuspendedRecord } from "#helper/sandbox/suspended/record.ts";
import { refuseSharingUserFiles } from "#helper/sandbox/userFiles.ts";
import { answerSignIn, readCredentials } from "../signIn.ts";
import { terminalEnv } from "../terminal/environment.ts";
import { agreeToPrivileges } from "./approval.ts";
import { type BootFiles, bootFiles } from "./bootFiles.ts";
import { type LoadedConfig, loadStartConfig } from "./configuration.ts";
import { sandboxEnv } from "./environment.ts";
import { guestPathOf } from "./guestPath.ts";
import { type StartImage, startImage } from "./image.ts";
import type { StartOptions } from "./options.ts";
import type { Reporter } from "./reporter.ts";
import { decideSuspended } from "./suspended.ts";
import { warmOptions } from "./warm.ts";

/** What is to be started: the supervisor's specification and the sandbox's main command. */
export type Plan = { spec: SupervisorSpec; command: readonly string[]; loaded: LoadedConfig };

export type Conduct = { reporter: Reporter; signal: AbortSignal };
type PlanConduct = Conduct & { supervisor: FutureSupervisor };

type Accelerator = SupervisorSpec["machine"]["accelerator"];

/** Everything that can be found out, or go wrong, before there is a machine. */
export async function planStart(
  project: Project,
  options: StartOptions,
  conduct: PlanConduct,
): Promise<Plan | "aborted"> {
  const { reporter, signal, supervisor } = conduct;
  const loadMs = Math.round(performance.now());
  const lapMs = stopwatch();
  void supervisor.begin();
  // Asking for the lock takes a program. A sandbox that runs has a socket, and one that has just begun keeps
  // our supervisor from its lock.
  const free = existsSync(project.socket) ? refuseRunning(project) : Promise.resolve();
  free.catch(() => "told when it matters");
  // Found now rather than by a guest that cannot mount it.
  guestPathOf(project, options);
  // Asked at once, because the answer of a program takes its time.
  const qemu = findQemu(hostArch());
  qemu.catch(() => "told when it is needed");
  reporter.progress(step("config", "Reading the configuration"));
  const loaded = await loadStartConfig(project, options, reporter);
  if (loaded === "aborted") return "aborted";
  const { vm } = loaded.config;
  warmOptions(process.env);
  await refuseSharingUserFiles(project);
  if (!(await agreeToPrivileges(project, loaded, { reporter, options }))) return "aborted";
  await createStateDir(project);
  await claimState(project);
  // Before a first start, there was no directory for it.
  await supervisor.begin();
  await free;
  const files = await bootFiles(project, vm);
  const basis = startBasisOf(project, { loaded, options, files, qemu, conduct });
  const suspended = await decideSuspended(project, { options, ...conduct, basis });
  if (suspended.kind === "aborted") return "aborted";
  if (suspended.kind === "resume") {
    const phases = [
      { name: "load", ms: loadMs },
      { name: "config", ms: lapMs() },
    ];
    const nested = await nestedStateDirs(project);
    return resumption(suspended.record, { options, loaded, phases, nested });
  }
  const { discardId } = suspended;
  const configMs = lapMs();
  reporter.progress(step("image", `Preparing the image ${vm.image.name}`));
  const answer = { yes: options.yes || options.recreate, keepImage: options.keepImage };
  const given = options.credentialsStdin ? await readCredentials() : undefined;
  const { json } = options;
  const [image, accelerator] = await together(signal, (either) => [
    startImage(project, vm, {
      reporter,
      signal: either,
      answer,
      onSignIn: answerSignIn({ json, signal: either, clear: reporter.clear, given }),
    }),
    accelerate({ files, qemu }, loaded.config, { reporter, signal: either }),
  ]);
  signal.throwIfAborted();
  if (image === "aborted") return "aborted";
  const phases = [
    { name: "load", ms: loadMs },
    { name: "config", ms: configMs },
    { name: "image", ms: lapMs() },
  ];
  const found = { basis: preparedBasis(await basis()), nested: await nestedStateDirs(project) };
  const parts = { loaded, options, files, image, accelerator, phases, discardId, ...found };
  const spec = supervisorSpec(project, parts);
  return { spec, command: mainCommand(options, image), loaded };
}

/** Does two things at once; when one fails, the other one is given up, too. */
async function together<A, B>(
  signal: AbortSignal,
  begin: (either: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const failed = new AbortController();
  const both = begin(AbortSignal.any([signal, failed.signal]));
  try {
    return await Promise.all(both);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(both);
    throw error;
  }
}

/** The command after `--` replaces both entrypoint and command of the image. */
function mainCommand({ command }: StartOptions, { config }: StartImage): readonly string[] {
  return command ?? shellOr(imageCommand(config));
}

function imageCommand({ entrypoint, cmd }: StartImage["config"]): string[] {
  return [...entrypoint, ...cmd];
}

function shellOr(command: readonly string[]): readonly string[] {
  return command.length > 0 ? command : ["/bin/sh"];
}

/** Goes on with what was suspended, whatever the configuration says now. */
function resumption(
  record: SuspendedRecord,
  parts: Pick<SpecParts, "options" | "loaded" | "phases" | "nested">,
): Plan {
  const { options, loaded, phases, nested } = parts;
  const { suspend, logLevel, detach, command } = options;
  const changes = { suspend, logLevel, phases, held: !detach, resumeId: record.id };
  const spec = {
    ...record.spec,
    ...changes,
    nestedStateDirs: nested,
    plannedAtMs: Date.now(),
  };
  return { spec, command: command ?? shellOr(spec.imageCommand), loaded };
}

/** What a start would be made from; found out when it is asked for, and once. */
function startBasisOf(
  project: Project,
  parts: Pick<SpecParts, "loaded" | "options" | "files"> & {
    qemu: Promise<Qemu>;
    conduct: Conduct;
  },
): () => Promise<Basis> {
  const { loaded, options, files, qemu, conduct } = parts;
  const find = async () => {
    const [review, accelerator, program] = await Promise.all([
      reviewConfig(project.dir, loaded),
      accelerate({ files, qemu }, loaded.config, conduct),
      qemu,
    ]);
    return await startBasis({
      ...{ config: loaded.config, accelerator, ...files, projectDir: project.dir },
      qemu: program,
      approval: review.digest,
      guestPath: guestPathOf(project, options),
    });
  };
  let found: Promise<Basis> | undefined;
  return () => {
    found ??= find();
    return found;
  };
}

/** Chooses how the machine is run; virtual machines inside it need the real thing. */
async function accelerate(
  { files, qemu }: { files: BootFiles; qemu: Promise<Qemu> },
  config: Config,
  { reporter, signal }: Conduct,
): Promise<Accelerator> {
  const kernelPath = files.probeKernelPath;
  const choice = await chooseAccelerator({ kernelPath, qemu: await qemu, signal });
  if (choice.notice !== undefined) reporter.notice("warning", choice.notice);
  if (config.vm.kvm && choice.accelerator !== "kvm") {
    throw new SandboxError(
      "nested",
      `vm.kvm = true needs KVM, but this computer runs sandboxes without it: ${choice.reason}`,
      { hint: "Remove vm.kvm from the configuration; `airlock doctor` says what is missing." },
    );
  }
  return choice.accelerator;
}

type SpecParts = {
  loaded: LoadedConfig;
  options: StartOptions;
  files: BootFiles;
  image: StartImage;
  accelerator: Accelerator;
  phases: SupervisorSpec["phases"];
  discardId: SupervisorSpec["discardId"];
  basis: Basis;
  /** State directories of other sandboxes in the project. */
  nested: string[];
};

function supervisorSpec(project: Project, parts: SpecParts): SupervisorSpec {
  const { loaded, options, files, image, accelerator, phases, discardId, basis, nested } = parts;
  const { vm, disk, env } = loaded.config;
  const { name, digest, source, path, sizeBytes } = image;
  return {
    projectDir: project.dir,
    nestedStateDirs: nested,
    guestPath: guestPathOf(project, options),
    image: { name, digest, source, path, sizeBytes },
    machine: {
      arch: hostArch(),
      accelerator,
      cpus: vm.cpus,
      memoryBytes: vm.memory,
      kernelPath: files.kernelPath,
      initramfsPath: files.initramfsPath,
      nested: vm.kvm,
    },
    warm: warmOptions(process.env),
    diskBytes: diskBytes(disk.size),
    user: image.config.user,
    env: sandboxEnv([...terminalEnv(process.env), ...image.config.env], env, process.env),
    harden: vm.harden,
    notActive: loaded.notActive,
    basis,
    imageCommand: imageCommand(image.config),
    resumeId: null,
    discardId,
    suspend: options.suspend,
    held: !options.detach,
    phases,
    plannedAtMs: Date.now(),
    logLevel: options.logLevel,
  };
}

export function step(phase: string, text: string) {
  return { phase, text, doneBytes: null, totalBytes: null };
}

/** A function that gives the milliseconds since it was made or last called. */
function stopwatch(): () => number {
  let lastMs = performance.now();
  return () => {
    const nowMs = performance.now();
    const lapMs = Math.round(nowMs - lastMs);
    lastMs = nowMs;
    return lapMs;
  };
}
