import { askProgram } from "./probe/ask.ts";
import { findProgram, type ProgramCall } from "./program.ts";

/**
 * The call wrapped so that the kernel kills the process when its parent dies (Linux only). BusyBox has a
 * program of the same name that cannot do it.
 */
export async function dyingWithParent(call: ProgramCall): Promise<ProgramCall> {
  const setpriv = process.platform === "linux" ? await findProgram("setpriv") : undefined;
  if (setpriv === undefined) return call;
  const { stdout, stderr } = await askProgram({ command: setpriv, args: ["--help"] });
  if (!`${stdout}${stderr}`.includes("--pdeathsig")) return call;
  return { command: setpriv, args: ["--pdeathsig", "KILL", "--", call.command, ...call.args] };
}
