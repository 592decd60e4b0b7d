import { diskArguments } from "./disk.ts";
import { slotId } from "./slot.ts";
import type { DiskAttachment } from "./spec.ts";

/** One QMP command, ready to be sent. */
export type QmpCommand = { execute: string; arguments: Record<string, unknown> };

export function diskCommands(disk: DiskAttachment): QmpCommand[] {
  const { blockdev, device } = diskArguments(disk);
  return [
    { execute: "blockdev-add", arguments: blockdev },
    { execute: "device_add", arguments: device },
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
