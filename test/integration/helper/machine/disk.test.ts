import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { diskCommands } from "#core/machine/hotAdd.ts";
import { startChild } from "#helper/machine/process.ts";
import { findQemu } from "#helper/machine/qemu.ts";
import { openQmp, type Qmp } from "#helper/machine/qmp.ts";
import { connectWhenListening } from "#helper/machine/unixSocket.ts";
import { tempTree } from "#test/support/tempTree.ts";

async function startedQemu(t: TestContext): Promise<Qmp> {
  const cwd = tempTree(t, {});
  const { path } = await findQemu("x64");
  const slot = ["-device", "pcie-root-port,id=slot0"];
  const args = ["-machine", "q35", "-m", "64M", "-nodefaults", "-display", "none", "-S", ...slot];
  const call = { command: path, args: [...args, "-qmp", "unix:qmp.sock,server=on,wait=off"] };
  const child = await startChild(call, { cwd, logPath: `${cwd}/qemu.log` });
  t.after(() => child.stop(0));
  return await openQmp(await connectWhenListening(cwd, "qmp.sock", AbortSignal.timeout(10_000)));
}

/** Attaches the disk; the lock is taken when the device appears. */
async function attach(qmp: Qmp, path: string, readOnly: boolean): Promise<void> {
  for (const command of diskCommands({ serial: "disk", path, readOnly, slot: 0 })) {
    await qmp.execute(command);
  }
}

test("an image may be read by many machines, a disk written by only one", async (t) => {
  const root = tempTree(t, { "a, image": "x".repeat(4096), disk: "x".repeat(4096) });
  const readers = await Promise.all([startedQemu(t), startedQemu(t)]);
  for (const qmp of readers) await attach(qmp, join(root, "a, image"), true);
  const [first, second] = await Promise.all([startedQemu(t), startedQemu(t)]);
  await attach(first, join(root, "disk"), false);
  await assert.rejects(attach(second, join(root, "disk"), false), {
    code: "qmp-refused",
    message: /lock/,
  });
});
