import { slotId } from "./argv.ts";

/** One QMP command, ready to be sent. */
export type QmpCommand = { execute: string; arguments: Record<string, unknown> };

export type DiskAttachment = { serial: string; path: string; readOnly: boolean; slot: number };

/**
 * A raw disk on a free slot. Writes go through the host's page cache and a flush of the guest reaches
 * the file; `locking` keeps a second machine from writing the same file.
 */
export function diskCommands(disk: DiskAttachment): QmpCommand[] {
  const node = `disk-${disk.serial}`;
  return [
    {
      execute: "blockdev-add",
      arguments: {
        driver: "raw",
        "node-name": node,
        "read-only": disk.readOnly,
        "auto-read-only": false,
        discard: disk.readOnly ? "ignore" : "unmap",
        "detect-zeroes": disk.readOnly ? "off" : "unmap",
        cache: { direct: false, "no-flush": false },
        file: { driver: "file", filename: disk.path, aio: "threads", locking: "on" },
      },
    },
    {
      execute: "device_add",
      arguments: {
        driver: "virtio-blk-pci",
        id: node,
        drive: node,
        serial: disk.serial,
        bus: slotId(disk.slot),
      },
    },
  ];
}

export type ShareAttachment = { index: number; tag: string; slot: number };

/** A virtio-fs share whose daemon listens on `socket`. */
export function virtiofsCommands(share: ShareAttachment & { socket: string }): QmpCommand[] {
  const id = shareId(share.index);
  return [
    {
      execute: "chardev-add",
      arguments: {
        id,
        backend: {
          type: "socket",
          data: { addr: { type: "unix", data: { path: share.socket } }, server: false },
        },
      },
    },
    {
      execute: "device_add",
      arguments: {
        driver: "vhost-user-fs-pci",
        id: shareDeviceId(share.index),
        chardev: id,
        tag: share.tag,
        "queue-size": 1024,
        bus: slotId(share.slot),
      },
    },
  ];
}

/** A 9p share whose directory was declared at the start under the same id. */
export function ninePCommands(share: ShareAttachment): QmpCommand[] {
  const id = shareId(share.index);
  return [
    {
      execute: "device_add",
      arguments: {
        driver: "virtio-9p-pci",
        id: shareDeviceId(share.index),
        fsdev: id,
        mount_tag: share.tag,
        bus: slotId(share.slot),
      },
    },
  ];
}

/** Asks the guest to give a share's device back; QEMU's event DEVICE_DELETED tells when it has. */
export function removeShareCommand(index: number): QmpCommand {
  return { execute: "device_del", arguments: { id: shareDeviceId(index) } };
}

/** Closes the connection to a virtio-fs daemon, which ends with it. */
export function disconnectDaemonCommand(index: number): QmpCommand {
  return { execute: "chardev-remove", arguments: { id: shareId(index) } };
}

/** Id of a share's device in QEMU. */
export function shareDeviceId(index: number): string {
  return `${shareId(index)}-device`;
}

/** Id of a share's backend in QEMU; tags may hold characters that ids may not. */
export function shareId(index: number): string {
  return `share${index}`;
}
