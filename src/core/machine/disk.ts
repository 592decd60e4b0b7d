import { slotId } from "./slot.ts";
import type { DiskAttachment } from "./spec.ts";

/**
 * A raw disk on a free slot, as arguments of QEMU's monitor or command line. Writes go through the host's
 * page cache and a flush of the guest reaches the file; `locking` keeps a second machine from writing the
 * same file.
 */
export function diskArguments(disk: DiskAttachment) {
  const node = `disk-${disk.serial}`;
  return {
    blockdev: {
      driver: "raw",
      "node-name": node,
      "read-only": disk.readOnly,
      "auto-read-only": false,
      discard: disk.readOnly ? "ignore" : "unmap",
      "detect-zeroes": disk.readOnly ? "off" : "unmap",
      cache: { direct: false, "no-flush": false },
      file: { driver: "file", filename: disk.path, aio: "threads", locking: "on" },
    },
    device: {
      driver: "virtio-blk-pci",
      id: node,
      drive: node,
      serial: disk.serial,
      bus: slotId(disk.slot),
    },
  };
}
