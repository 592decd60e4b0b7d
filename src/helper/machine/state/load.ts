import type { ProcessEnd } from "../process.ts";
import type { Qmp } from "../qmp.ts";
import { files } from "../runDir.ts";
import { connectWhenListening } from "../unixSocket.ts";
import { capabilities, migrationEnd } from "./migration.ts";

export type LoadOptions = {
  runDir: string;
  signal: AbortSignal;
  /** How QEMU ended, if it does: it ends by itself when it refuses a state. */
  ended?: Promise<ProcessEnd>;
  /** Settles when the guest's memory is there, if it is not yet: QEMU looks into it as soon as it gets the state. */
  memory?: Promise<void>;
};

/** Gives a QEMU that was started for it the state of a saved machine. The guest is halted then. */
export async function loadState(
  qmp: Qmp,
  state: Buffer,
  { runDir, signal, ended, memory }: LoadOptions,
): Promise<void> {
  const uri = `unix:${files.migration}`;
  await Promise.all([
    memory,
    qmp.execute(capabilities),
    qmp.execute({ execute: "migrate-incoming", arguments: { uri } }),
  ]);
  await Promise.all([migrationEnd(qmp, ended), sendState(state, { runDir, signal })]);
}

async function sendState(
  state: Buffer,
  { runDir, signal }: { runDir: string; signal: AbortSignal },
): Promise<void> {
  const socket = await connectWhenListening(runDir, files.migration, signal);
  // QEMU says itself whether it liked the state; how it hangs up says nothing.
  socket.on("error", () => socket.destroy());
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end(state);
  socket.resume();
  await closed;
}
