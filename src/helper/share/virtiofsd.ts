import { type VirtiofsdFlavour, virtiofsdFlavour } from "#core/machine/share.ts";
import { askProgram } from "../machine/probe/ask.ts";
import { findProgram, isExecutable } from "../machine/program.ts";

export type Virtiofsd = { path: string; flavour: VirtiofsdFlavour };

/** Where distributions put a program that is not meant for the PATH. */
const usualDirectories = ["/usr/libexec", "/usr/lib/qemu", "/usr/lib/virtiofsd", "/usr/lib"];

/** The virtio-fs daemon: AIRLOCK_VIRTIOFSD when set (`none` for none), else where systems keep it. */
export async function findVirtiofsd(): Promise<Virtiofsd | undefined> {
  if (process.platform !== "linux") return undefined;
  const configured = process.env.AIRLOCK_VIRTIOFSD;
  if (configured === "none") return undefined;
  const path = configured ? configured : await findProgram("virtiofsd", usualDirectories);
  if (path === undefined || !(await isExecutable(path))) return undefined;
  const help = await askProgram({ command: path, args: ["--help"] });
  const flavour = virtiofsdFlavour(`${help.stdout}\n${help.stderr}`);
  return flavour === undefined ? undefined : { path, flavour };
}
