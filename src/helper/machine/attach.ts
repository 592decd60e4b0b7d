import {
  diskCommands,
  ninePCommands,
  type QmpCommand,
  virtiofsCommands,
} from "#core/machine/hotAdd.ts";
import type { ServedShares } from "../share/shares.ts";
import { qmpFailed } from "./errors.ts";
import type { Qmp } from "./qmp.ts";

export type DiskRequest = { serial: string; path: string; readOnly: boolean };

/**
 * What adds devices to a machine, each into the next free slot from `firstSlot` on. All commands are
 * sent at once: QEMU takes them in order, and each would otherwise cost a turn of two busy processes.
 */
export function attachments(qmp: Qmp, served: ServedShares, firstSlot: number) {
  let nextSlot = firstSlot;
  const run = async (commands: readonly QmpCommand[]) => {
    await Promise.all(commands.map((command) => qmp.execute(command)));
  };
  const attachDisk = (disk: DiskRequest) => run(diskCommands({ ...disk, slot: nextSlot++ }));
  const attachShare = async (tag: string) => {
    const share = served.shares.find((candidate) => candidate.tag === tag);
    if (share === undefined) throw qmpFailed(`The machine was started without a share ${tag}.`);
    const { index, socket } = share;
    const at = { index, tag, slot: nextSlot++ };
    await run(socket === undefined ? ninePCommands(at) : virtiofsCommands({ ...at, socket }));
  };
  return { attachDisk, attachShare };
}
