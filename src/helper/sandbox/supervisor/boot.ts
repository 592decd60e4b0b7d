import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AgentLink } from "#helper/link/agent.ts";
import type { Machine } from "#helper/machine/machine.ts";
import { type BaseMachine, startBase } from "#helper/warm/start.ts";
import type {
  ConfigureRequestSchema,
  ConfigureResponse,
  Measure,
} from "#shared/generated/airlock/agent/v1/agent_pb.js";
import type { Logger } from "#shared/log.ts";
import { cancelled, SandboxError } from "../errors.ts";
import type { Project } from "../project.ts";
import type { SupervisorSpec } from "../spec.ts";
import { hiddenPaths } from "../userFiles.ts";
import type { Board } from "./board.ts";
import { hostClock, hostTimeZone } from "./clock.ts";

/** What a boot works with. */
export type BootContext = {
  project: Project;
  spec: SupervisorSpec;
  board: Board;
  log: Logger;
  signal: AbortSignal;
  /** Told of a machine's process as soon as it runs, so that a next start can end it. */
  onProcess: (pid: number) => Promise<void>;
  /** Told at once when there is a machine, so that whoever ends the sandbox can end it. */
  onMachine: (machine: Machine) => void;
};

export type BootedSandbox = Pick<BaseMachine, "machine" | "link" | "aside"> & {
  /** Launch measures in force for processes. */
  measures: readonly Pick<Measure, "id" | "on" | "detail">[];
};

/** Longer than checking a large disk takes; a guest that only pretends to work is given up then. */
const configureDeadlineMs = 600_000;
const projectTag = "project";
/** A reason of the guest's is kept in run.json and sent to every watcher. */
const longestReasonCharacters = 4_000;

/** Starts the machine, waits for its agent, then hot-adds and configures everything else. */
export async function bootSandbox(context: BootContext): Promise<BootedSandbox> {
  const { board, signal, spec, log } = context;
  const { machine, link, startKind, attached, aside } = await startBase({
    request: machineRequest(context),
    warm: spec.warm,
    log,
    signal,
    onProcess: context.onProcess,
    onMachine: context.onMachine,
    attach: (base) => attachDevices(context, base),
    phase: (name, text, work) => board.phase(name, text, work),
    bootText: bootText(spec),
  });
  const { agentVersion, kernelRelease } = link.hello;
  log.info(`agent ${agentVersion} on Linux ${kernelRelease}`);
  board.update({ startKind });
  const ready = await board.phase("attach", "Attaching image, disk and project", async () => {
    // The agent waits for devices, so it can begin while they are still being added.
    const [answer] = await Promise.all([configure(context, machine, link), attached]);
    return answer;
  });
  return { machine, link, measures: boundedMeasures(ready.measures), aside };
}

const mostMeasures = 32;
const longestDetailCharacters = 500;

/** The guest words them, and they are kept in files and sent to every watcher. */
export function boundedMeasures(measures: BootedSandbox["measures"]): BootedSandbox["measures"] {
  return measures.slice(0, mostMeasures).map(({ id, on, detail }) => ({
    ...{ id: id.slice(0, longestDetailCharacters), on },
    detail: detail.slice(0, longestDetailCharacters),
  }));
}

function bootText({ machine }: SupervisorSpec): string {
  return machine.accelerator === "tcg" ? "Booting (software emulation)" : "Booting";
}

export function machineRequest({ project, spec }: Pick<BootContext, "project" | "spec">) {
  return {
    ...spec.machine,
    runDir: project.sandboxDir,
    verboseKernel: spec.logLevel === "debug" || spec.logLevel === "trace",
    shares: [{ tag: projectTag, source: project.dir, readOnly: false, covers: covers(spec) }],
  };
}

/** What of the project nobody in the guest may see. */
function covers({ projectDir, nestedStateDirs }: SupervisorSpec): string[] {
  return [...hiddenPaths({ dir: projectDir }), ...nestedStateDirs];
}

async function attachDevices(context: BootContext, machine: Machine): Promise<void> {
  await Promise.all([
    ...sandboxDisks(context).map((disk) => machine.attachDisk(disk)),
    machine.attachShare(projectTag),
  ]);
}

/** The disks of a sandbox, in the order of their slots. */
export function sandboxDisks({ project, spec }: Pick<BootContext, "project" | "spec">) {
  return [
    { serial: "rootfs", path: spec.image.path, readOnly: true },
    { serial: "disk", path: project.diskFile, readOnly: false },
  ];
}

/** The shares as the agent mounts them. */
export async function guestShares({ shares }: Pick<Machine, "shares">, spec: SupervisorSpec) {
  // Loaded by now, with the link: but not by whoever only starts the machine.
  const { ShareType } = await import("#shared/generated/airlock/agent/v1/agent_pb.js");
  return shares.map((share) => ({
    tag: share.tag,
    type: share.type === "virtiofs" ? ShareType.SHARE_TYPE_VIRTIOFS : ShareType.SHARE_TYPE_9P,
    target: spec.guestPath,
    softMasks: share.coversEnforced ? [] : covers(spec),
  }));
}

async function configure(
  { spec, log, signal }: BootContext,
  machine: Machine,
  link: AgentLink,
): Promise<ConfigureResponse> {
  const request: MessageInitShape<typeof ConfigureRequestSchema> = {
    clock: hostClock(),
    hostname: "airlock",
    timeZone: await hostTimeZone(),
    entropy: randomBytes(64),
    rootfs: { serial: "rootfs", imageDigest: spec.image.digest },
    disk: { serial: "disk" },
    shares: await guestShares(machine, spec),
    user: spec.user,
    env: spec.env,
    workingDir: spec.guestPath,
    harden: spec.harden,
    nested: spec.machine.nested,
  };
  try {
    const timeoutMs = configureDeadlineMs;
    const configured = await link.agent.configure(request, { signal, timeoutMs });
    for (const { name, durationUs } of configured.steps) {
      log.debug(`guest step ${name}: ${durationUs} µs`);
    }
    return configured;
  } catch (error) {
    if (signal.aborted) throw cancelled();
    const { ConnectError } = await import("@connectrpc/connect");
    const message = ConnectError.from(error).rawMessage.slice(0, longestReasonCharacters);
    throw new SandboxError("init-failed", message, { cause: error });
  }
}
