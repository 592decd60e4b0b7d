import assert from "node:assert/strict";
import { test } from "node:test";
import { attachments } from "#helper/machine/attach.ts";
import type { Qmp } from "#helper/machine/qmp.ts";
import { ShareDaemons } from "#helper/share/daemons.ts";
import type { ServedShares } from "#helper/share/shares.ts";

test("everything that is attached is sent before the command that follows in the same turn", async () => {
  const sent: string[] = [];
  const qmp = {
    execute: async ({ execute }: { execute: string }) => void sent.push(execute),
  } as unknown as Qmp;
  const share = { index: 0, tag: "project", type: "virtiofs" as const, coversEnforced: true };
  const daemon = {
    pid: 1,
    ended: new Promise<never>(() => undefined),
    stop: async () => undefined,
  };
  const served: ServedShares = {
    shares: [{ ...share, socket: "share0.sock" }],
    daemons: [daemon],
    startDaemon: async () => assert.fail("it runs"),
    needs: { sharedMemory: true, fsdevs: [], views: [] },
  };
  const daemons = new ShareDaemons(served, () => assert.fail("it lives"));
  const { attachDisk, attachShare } = attachments({ qmp, served, daemons, firstSlot: 0 });
  const attached = [
    attachDisk({ serial: "disk", path: "/d", readOnly: false }),
    attachShare("project"),
  ];
  void qmp.execute({ execute: "cont", arguments: {} });
  await Promise.all(attached);
  assert.deepEqual(sent, ["blockdev-add", "device_add", "chardev-add", "device_add", "cont"]);
});
