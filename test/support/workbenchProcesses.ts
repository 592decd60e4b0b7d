import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export type Process = { pid: number; parent: number; command: string; cwd: string };

/** All processes of this machine that can be read. */
export function allProcesses(): Process[] {
  return readdirSync("/proc")
    .map(Number)
    .filter(Number.isInteger)
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
        const cwd = readlinkSync(`/proc/${pid}/cwd`);
        // The name in parentheses may itself have spaces and parentheses.
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        return [{ pid, parent, command, cwd }];
      } catch {
        return []; // ended meanwhile, or another user's
      }
    });
}

/** The processes below a process, at any depth. */
export function descendants(pid: number): Process[] {
  const all = allProcesses();
  const below = (parent: number): Process[] =>
    all
      .filter((process) => process.parent === parent)
      .flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** What belongs to the sandbox of a folder: supervisor, machine, share servers. */
export function sandboxProcesses(folder: string): Process[] {
  return allProcesses().filter(
    ({ command, cwd }) =>
      /qemu-system|virtiofsd|airlock\.cjs supervise/.test(command) &&
      (`${cwd}/`.startsWith(`${folder}/`) || command.includes(`${folder}/`)),
  );
}
