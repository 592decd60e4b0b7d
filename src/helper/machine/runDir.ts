import { mkdir, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { shareId } from "#core/machine/hotAdd.ts";
import type { ServedShares } from "../share/shares.ts";
import { logTail } from "./log/logTail.ts";

/** Names in a machine's run directory. */
export const files = {
  qmp: "qmp.sock",
  control: "control.sock",
  /** On which a machine's state is passed. */
  migration: "state.sock",
  serial: "serial.log",
  qemu: "qemu.log",
};

/** Where a file system for the guest's memory is mounted, unseen from outside. */
const memoryDirectory = "memory";

/** Sockets of a machine that was killed would be in the way. */
export async function prepareRunDir(runDir: string): Promise<void> {
  await mkdir(join(runDir, memoryDirectory), { recursive: true, mode: 0o700 });
  const names = await readdir(runDir);
  const stale = names.filter((name) => sockets.includes(name) || shareSocket.test(name));
  await Promise.all(stale.map((name) => rm(join(runDir, name), { force: true })));
}

const sockets = [files.qmp, files.control, files.migration];
/** A daemon's socket, which has its starter's process in the name, with the file that says who listens. */
const shareSocket = /^share\d+-\d+\.sock(\.pid)?$/;

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
  const shareSockets = served.shares.flatMap(({ socket }) =>
    socket === undefined ? [] : [socket, `${socket}.pid`],
  );
  const names = [...sockets, "empty", ...shareSockets];
  const mountPoints = [memoryDirectory, ...served.shares.map(({ index }) => `view${index}`)];
  await Promise.all([
    ...names.map((name) => rm(join(runDir, name), { force: true })),
    ...mountPoints.map((name) => rmdir(join(runDir, name)).catch(() => undefined)),
  ]);
}
