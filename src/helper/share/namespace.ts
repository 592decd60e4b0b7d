import { readFileSync } from "node:fs";
import { type ShareView, type ViewMemory, viewArguments, viewScript } from "#core/machine/share.ts";
import { type ProgramCall, runProgram } from "../machine/program.ts";

/** How a program gets a private view of the file system here. */
export type NamespaceSupport = UserOrRoot | { kind: "none"; reason: string };

type UserOrRoot = {
  kind: "root" | "user";
  prefix: readonly string[];
  /** Whether a program inside may give up the user's supplementary groups, which some insist on. */
  canDropGroups: boolean;
};

/**
 * Tries out what the host allows, with a real mount: some hosts allow the namespace but no mount. The
 * answer is good for the life of this process, which runs one sandbox with programs of one PATH.
 */
export function namespaceSupport(): Promise<NamespaceSupport> {
  const { PATH } = process.env;
  if (known === undefined || known.path !== PATH) known = { path: PATH, support: detect() };
  return known.support;
}

let known: { path: string | undefined; support: Promise<NamespaceSupport> } | undefined;

async function detect(): Promise<NamespaceSupport> {
  if (process.platform !== "linux") return { kind: "none", reason: "only Linux has namespaces" };
  const reasons: string[] = [];
  for (const candidate of candidates()) {
    const [command = "unshare", ...args] = candidate.prefix;
    const probe = ["sh", "-c", "mount -t tmpfs airlock /run"];
    const result = await runProgram({ command, args: [...args, ...probe] }, { timeoutMs: 5000 });
    if (result.code === 0) return candidate;
    reasons.push(result.stderr.trim().split("\n").at(-1) ?? "unknown");
  }
  return { kind: "none", reason: `no private mount namespace: ${reasons.join("; ")}` };
}

function candidates(): UserOrRoot[] {
  const isolated = ["--mount", "--propagation", "private"];
  const user = ["unshare", "--user", "--map-root-user", ...isolated];
  // With the user's own range of groups mapped, a program inside may give up groups. Only `newgidmap`
  // can map it, which not every host has.
  const groups = ["--map-user=0", "--map-group=0", "--map-groups=auto"];
  const all: UserOrRoot[] = [
    { kind: "root", prefix: ["unshare", ...isolated], canDropGroups: true },
    { kind: "user", prefix: ["unshare", "--user", ...groups, ...isolated], canDropGroups: true },
    { kind: "user", prefix: user, canDropGroups: hasNoGroups() },
  ];
  return process.getuid?.() === 0 ? all : all.slice(1);
}

/** Node's own `getgroups` always adds the group that the process runs as. */
function hasNoGroups(): boolean {
  return /^Groups:\s*$/m.test(readFileSync("/proc/self/status", "utf8"));
}

/** The call, run where the views are assembled and covered. Its working directory holds the views. */
export function insideViews(
  call: ProgramCall,
  views: readonly ShareView[],
  options: { prefix: readonly string[]; privateRun: boolean; memory?: ViewMemory | undefined },
): ProgramCall {
  const [command = "unshare", ...args] = options.prefix;
  const inner = viewArguments(views, {
    privateRun: options.privateRun,
    memory: options.memory,
    command: [call.command, ...call.args],
  });
  return { command, args: [...args, "sh", "-c", viewScript, "airlock-view", ...inner] };
}
