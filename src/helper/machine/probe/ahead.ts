import type { MachineArch } from "#core/machine/spec.ts";
import { namespaceSupport } from "../../share/namespace.ts";
import { findVirtiofsd } from "../../share/virtiofsd.ts";
import { dyingWithParent } from "../dyingWithParent.ts";
import { findQemu } from "../qemu.ts";

/**
 * Asks the host now what starting a machine will have to know: programs take their time to answer, and each
 * remembers what it said. What is missing is told to whoever needs it.
 */
export function askHostAhead(arch: MachineArch): void {
  const canDie = () => dyingWithParent({ command: "true", args: [] });
  for (const ask of [() => findQemu(arch), findVirtiofsd, namespaceSupport, canDie]) {
    ask().catch(() => undefined);
  }
}
