import { Code, ConnectError } from "@connectrpc/connect";
import type { Config } from "#core/config/schema.ts";
import { residentBytes } from "#helper/machine/resident.ts";
import { connectSandbox } from "#helper/rpc/client.ts";
import { type SandboxStatus, sandboxStatusSchema } from "#shared/protocol/status.ts";
import { diskUse } from "./disk.ts";
import { isLocked } from "./lock.ts";
import { isSameProcess } from "./processes.ts";
import type { Project } from "./project.ts";
import { readLastRun, readRunRecord } from "./runRecord.ts";
import { readSuspended, type SuspendedRecord } from "./suspended/record.ts";

const answerDeadlineMs = 5_000;

/**
 * The sandbox as it is now: what its supervisor says, else what the last one left, with the
 * configuration's wishes for the next start where there is one.
 */
export async function currentStatus(
  project: Project,
  config: Config | undefined,
): Promise<SandboxStatus | undefined> {
  if (await isLocked(project)) {
    const live = await askSupervisor(project);
    if (live !== undefined) {
      const [disk, hostRssBytes] = await Promise.all([
        diskUse(project.diskFile),
        machineMemory(project),
      ]);
      return { ...live, disk, hostRssBytes };
    }
  }
  const suspended = await readSuspended(project);
  const last = (await readRunRecord(project))?.status;
  const base = last ?? (config && unstarted(project));
  if (base === undefined) return undefined;
  return {
    ...base,
    suspended: null,
    ...(suspended === undefined ? endOf(base) : suspension(suspended)),
    path: project.dir,
    supervisorPid: null,
    hostRssBytes: null,
    disk: await diskUse(project.diskFile),
    // What is suspended goes on as it is.
    ...(config && suspended === undefined && wishes(base, config)),
  };
}

/** What QEMU takes; null while the sandbox has none. Before the last one, there may be one that could not be resumed. */
async function machineMemory(project: Project): Promise<number | null> {
  const qemu = readLastRun(project)?.processes.findLast(({ name }) => name === "qemu");
  return qemu !== undefined && (await isSameProcess(qemu)) ? await residentBytes(qemu.pid) : null;
}

/** What the supervisor says, by the first event of a watch; undefined while it begins or ends. */
export async function askSupervisor(project: Project): Promise<SandboxStatus | undefined> {
  try {
    const connection = await connectSandbox(project.socket);
    try {
      const events = connection.sandbox.watch({}, { timeoutMs: answerDeadlineMs });
      for await (const { event } of events) {
        if (event.case === "state") {
          return sandboxStatusSchema.parse(JSON.parse(event.value.statusJson));
        }
      }
    } finally {
      connection.close();
    }
  } catch (error) {
    // It is just starting or ending: then run.json says as much as it would have.
    if (ConnectError.from(error).code === Code.DeadlineExceeded) throw error;
  }
  return undefined;
}

/** A record that says `running` while nobody holds the lock was left by a supervisor that died. */
function endOf({ status, failure }: SandboxStatus): Pick<SandboxStatus, "status" | "failure"> {
  if (status === "stopped" || status === "failed") return { status, failure };
  // Suspended, and somebody has deleted that.
  if (status === "suspended") return { status: "stopped", failure };
  const message = "The supervisor of the sandbox ended unexpectedly.";
  return { status: "failed", failure: { code: "supervisor", message } };
}

function suspension({
  suspendedAt,
  sizeBytes,
}: SuspendedRecord): Pick<SandboxStatus, "status" | "failure" | "suspended"> {
  return { status: "suspended", failure: null, suspended: { since: suspendedAt, sizeBytes } };
}

function unstarted(project: Project): SandboxStatus {
  return {
    status: "stopped",
    path: project.dir,
    guestPath: project.dir,
    image: { name: "", digest: null, source: null, sizeBytes: null },
    cpus: 0,
    memoryBytes: 0,
    hostRssBytes: null,
    accelerator: null,
    hardening: [],
    disk: null,
    mounts: [],
    startedAt: null,
    phases: [],
    notActive: [],
    supervisorPid: null,
    suspended: null,
    failure: null,
  };
}

function wishes(
  { image }: SandboxStatus,
  { vm }: Config,
): Pick<SandboxStatus, "image" | "cpus" | "memoryBytes"> {
  const unknown = { name: vm.image.name, digest: null, source: null, sizeBytes: null };
  return {
    image: image.name === vm.image.name ? image : unknown,
    cpus: vm.cpus,
    memoryBytes: vm.memory,
  };
}
