import type { SandboxStatus } from "#shared/protocol/status.ts";
import { diskUse } from "../disk.ts";
import type { Project } from "../project.ts";
import type { SupervisorSpec } from "../spec.ts";

/** What is known of a sandbox before its machine runs. */
export async function initialStatus(
  project: Project,
  spec: SupervisorSpec,
): Promise<SandboxStatus> {
  const { name, digest, source, sizeBytes } = spec.image;
  return {
    status: "starting",
    path: project.dir,
    guestPath: spec.guestPath,
    image: { name, digest, source, sizeBytes },
    cpus: spec.machine.cpus,
    memoryBytes: spec.machine.memoryBytes,
    hostRssBytes: null,
    accelerator: spec.machine.accelerator,
    hardening: [],
    disk: await diskUse(project.diskFile),
    mounts: [
      {
        name: "project",
        source: project.dir,
        target: spec.guestPath,
        readOnly: false,
        type: null,
      },
    ],
    startedAt: null,
    phases: spec.phases,
    notActive: spec.notActive,
    supervisorPid: process.pid,
    suspended: null,
    failure: null,
  };
}
