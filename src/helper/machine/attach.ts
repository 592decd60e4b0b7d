import {
  disconnectDaemonCommand,
  diskCommands,
  ninePCommands,
  type QmpCommand,
  removeShareCommand,
  shareDeviceId,
  virtiofsCommands,
} from "#core/machine/hotAdd.ts";
import type { ShareDaemons } from "../share/daemons.ts";
import type { ServedShare, ServedShares } from "../share/shares.ts";
import { deferred } from "./deferred.ts";
import { qmpFailed } from "./errors.ts";
import type { Qmp } from "./qmp.ts";

export type DiskRequest = { serial: string; path: string; readOnly: boolean };

/** A guest that does not react at all is told from a slow one by this. */
const removalDeadlineMs = 30_000;

export type AttachmentParts = {
  qmp: Qmp;
  served: ServedShares;
  daemons: ShareDaemons;
  firstSlot: number;
};

/**
 * What adds devices to a machine, each into the next free slot from `firstSlot` on, and takes shares away
 * again. All commands are sent at once: QEMU takes them in order, and each would otherwise cost a turn of
 * two busy processes.
 */
export function attachments({ qmp, served, daemons, firstSlot }: AttachmentParts) {
  let nextSlot = firstSlot;
  /** A share that comes back gets its old slot. */
  const shareSlots = new Map<number, number>();
  const attached = new Set<number>();
  const run = async (commands: readonly QmpCommand[]) => {
    await Promise.all(commands.map((command) => qmp.execute(command)));
  };
  const find = (tag: string): ServedShare => {
    const share = served.shares.find((candidate) => candidate.tag === tag);
    if (share === undefined) throw qmpFailed(`The machine was started without a share ${tag}.`);
    return share;
  };
  const attachDisk = (disk: DiskRequest) => run(diskCommands({ ...disk, slot: nextSlot++ }));
  const attachShare = async (tag: string) => {
    const { index, socket } = find(tag);
    if (attached.has(index)) return;
    attached.add(index);
    const slot = shareSlots.get(index) ?? nextSlot++;
    shareSlots.set(index, slot);
    const daemon = daemons.serve(index);
    // Not a turn too many: what is sent now reaches QEMU before the command that lets the guest run.
    if (daemon !== undefined) await daemon;
    const at = { index, tag, slot };
    await run(socket === undefined ? ninePCommands(at) : virtiofsCommands({ ...at, socket }));
  };
  const detachShare = async (tag: string) => {
    const { index, socket } = find(tag);
    await removed(qmp, index);
    attached.delete(index);
    daemons.release(index);
    if (socket !== undefined) await qmp.execute(disconnectDaemonCommand(index));
    await daemons.end(index);
  };
  return { attachDisk, attachShare, detachShare };
}

/** Settles when the guest has let go of a share's device and QEMU has removed it. */
async function removed(qmp: Qmp, index: number): Promise<void> {
  const gone = deferred<void>();
  const unlisten = qmp.onEvent(({ name, data }) => {
    if (name === "DEVICE_DELETED" && data.device === shareDeviceId(index)) gone.resolve();
    if (name === "DEVICE_UNPLUG_GUEST_ERROR" && data.device === shareDeviceId(index)) {
      gone.reject(qmpFailed("The guest refuses to give a shared folder back."));
    }
  });
  const timer = setTimeout(
    () => gone.reject(qmpFailed("The guest does not give a shared folder back.")),
    removalDeadlineMs,
  );
  try {
    await qmp.execute(removeShareCommand(index));
    await gone.promise;
  } finally {
    clearTimeout(timer);
    unlisten();
    gone.promise.catch(() => "also told to whoever waits for it");
  }
}
