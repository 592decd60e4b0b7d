import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { shareId } from "#core/machine/hotAdd.ts";
import type { ServedShares } from "../share/shares.ts";
import { logTail } from "./log/logTail.ts";

/** Names in a machine's run directory. */
export const files = {
  qmp: "qmp.sock",
  control: "control.sock",
  serial: "serial.log",
  qemu: "qemu.log",
};
/** Sockets of a machine that was killed would be in the way. */
export async function prepareRunDir(runDir: string): Promise<void> {
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await Promise.all([
    rm(join(runDir, files.qmp), { force: true }),
    rm(join(runDir, files.control), { force: true }),
  ]);
}

/** The last lines of the console, of QEMU and of the daemons. */
export async function machineLog(runDir: string, served: ServedShares): Promise<string> {
  const names = [
    files.serial,
    files.qemu,
    ...served.shares.map(({ index }) => `${shareId(index)}.log`),
  ];
  const tails = await Promise.all(names.map((name) => logTail(join(runDir, name))));
  return tails.filter((tail) => tail !== "").join("\n");
}

/** Sockets and mount points go; the logs stay for whoever asks why the machine ended. */
export async function removeLeftovers(runDir: string, served: ServedShares): Promise<void> {
  const sockets = served.shares.flatMap(({ socket }) =>
    socket === undefined ? [] : [socket, `${socket}.pid`],
  );
  const names = [files.qmp, files.control, "empty", ...sockets];
  await Promise.all([
    ...names.map((name) => rm(join(runDir, name), { force: true })),
    ...served.shares.map(({ index }) => rmdir(join(runDir, `view${index}`)).catch(() => undefined)),
  ]);
}
