/**
 * Empty PCIe slots of every machine: image, disk, project and what is mounted besides. They are part of
 * the base machine, whose snapshot serves all projects, so their number does not depend on one.
 */
export const slotCount = 12;

/** Id of a PCIe root port, which is also the name of the bus behind it. */
export function slotId(index: number): string {
  return `slot${index}`;
}
