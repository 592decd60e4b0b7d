import { type ShareView, type ViewMemory, viewArguments, viewScript } from "#core/machine/share.ts";
import { type ProgramCall, runProgram } from "../machine/process.ts";

/** How a program gets a private view of the file system here. */
export type NamespaceSupport =
  | { kind: "root" | "user"; prefix: readonly string[] }
  | { kind: "none"; reason: string };

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

function candidates(): { kind: "root" | "user"; prefix: readonly string[] }[] {
  const user = {
    kind: "user" as const,
    prefix: ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"],
  };
  const root = {
    kind: "root" as const,
    prefix: ["unshare", "--mount", "--propagation", "private"],
  };
  return process.getuid?.() === 0 ? [root, user] : [user];
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
