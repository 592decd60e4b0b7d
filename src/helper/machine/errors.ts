import { AirlockError, type AirlockErrorOptions } from "#shared/errors.ts";

export type MachineErrorCode =
  | "qemu-missing"
  | "qemu-too-old"
  | "nested-unsupported"
  | "accelerator-unusable"
  | "share-failed"
  | "machine-ended"
  | "machine-timeout"
  | "qmp-failed"
  | "qmp-refused"
  | "agent-unreachable"
  | "save-failed"
  | "state-refused"
  | "state-not-passed"
  | "memory-unavailable"
  | "process-failed";

/** Errors of the machine, its shares and the link to its agent. */
export class MachineError extends AirlockError<MachineErrorCode> {}

export function qemuMissing(program: string, packageHint: string): MachineError {
  return new MachineError("qemu-missing", `${program} was not found.`, { hint: packageHint });
}

export function qemuTooOld(path: string, version: string, minimum: string): MachineError {
  return new MachineError(
    "qemu-too-old",
    `${path} is version ${version}; Airlock needs ${minimum} or newer.`,
    { hint: "Update QEMU, or point AIRLOCK_QEMU at a newer one." },
  );
}

export function nestedUnsupported(message: string): MachineError {
  return new MachineError("nested-unsupported", message, {
    hint: "Remove `vm.kvm` from the configuration, or start on a host with KVM.",
  });
}

export function acceleratorUnusable(message: string): MachineError {
  return new MachineError("accelerator-unusable", message, {
    hint: "Unset AIRLOCK_ACCEL to let Airlock choose.",
  });
}

export function shareFailed(tag: string, log: string, cause?: unknown): MachineError {
  return new MachineError("share-failed", withLog(`The share ${tag} could not be served.`, log), {
    cause,
  });
}

export function machineEnded(what: string, log: string): MachineError {
  return new MachineError("machine-ended", withLog(what, log));
}

export function machineTimeout(what: string, log: string): MachineError {
  return new MachineError("machine-timeout", withLog(what, log));
}

export function qmpFailed(message: string, options?: AirlockErrorOptions): MachineError {
  return new MachineError("qmp-failed", message, options);
}

/** QEMU understood the command and said no. */
export function qmpRefused(command: string, description: string): MachineError {
  return new MachineError("qmp-refused", `QEMU refused ${command}: ${description}`);
}

export function agentUnreachable(message: string, cause?: unknown): MachineError {
  return new MachineError("agent-unreachable", message, { cause });
}

export function saveFailed(reason: string): MachineError {
  return new MachineError("save-failed", `The machine could not be saved: ${reason}.`);
}

/** QEMU has read a saved machine's state and cannot use it. */
export function stateRefused(): MachineError {
  return new MachineError("state-refused", "QEMU refused the machine's state.");
}

export function stateNotPassed(why: string): MachineError {
  return new MachineError("state-not-passed", `The machine's state did not pass: ${why}.`);
}

export function memoryUnavailable(place: string): MachineError {
  return new MachineError("memory-unavailable", `The guest's memory does not fit into ${place}.`);
}

export function processFailed(message: string, cause?: unknown): MachineError {
  return new MachineError("process-failed", message, { cause });
}

function withLog(message: string, log: string): string {
  return log === "" ? message : `${message} Its last output:\n${log}`;
}
