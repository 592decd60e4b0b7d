import { SandboxError } from "../errors.ts";

/** How a machine ended: QEMU's exit code or signal, and the last lines of its logs. */
export type MachineEndLike = { code: number | null; signal: string | null; log: string };

/**
 * What went wrong when a machine, or only the link to it (`undefined`), went away although nobody
 * asked. Nothing went wrong when the guest powered itself off.
 */
export function lossError(end: MachineEndLike | undefined): SandboxError | undefined {
  if (end === undefined) {
    return new SandboxError("link-lost", "The connection to the guest's agent was lost.");
  }
  // A guest that panics resets itself, which ends QEMU as quietly as a power-off does.
  const panicked = end.log.includes("Kernel panic");
  if (end.code === 0 && !panicked) return undefined;
  const tail = end.log === "" ? "" : ` Its last output:\n${end.log}`;
  const message = `The virtual machine was ended ${cause(end, panicked)}.${tail}`;
  return new SandboxError("machine-ended", message);
}

function cause({ code, signal }: MachineEndLike, panicked: boolean): string {
  if (signal !== null) return `by ${signal}`;
  return panicked ? "by a kernel panic" : `with code ${code}`;
}
