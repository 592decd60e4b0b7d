import { relative } from "node:path";
import { waypoints } from "#helper/approval/paths.ts";
import { cacheDir, userDir } from "#helper/paths.ts";
import { namespaceSupport } from "#helper/share/namespace.ts";
import { isBelow } from "#shared/paths.ts";
import { SandboxError } from "./errors.ts";
import type { Project } from "./project.ts";

/**
 * What of a project the guest does not see, relative to it: the sandbox's state and, where the project
 * contains them, our own stored programs and images.
 */
export function hiddenPaths({ dir }: Pick<Project, "dir">): string[] {
  const cache = waypoints(cacheDir()).at(-1) ?? cacheDir();
  return [".airlock", ...(isBelow(cache, dir) ? [relative(dir, cache)] : [])];
}

/**
 * Refuses a project through which a guest could write the user's approvals and configuration, and so
 * approve everything by itself. In the home directory they lie in what is hidden from the guest; that is
 * good enough only where the host hides it.
 */
export async function refuseSharingUserFiles(project: Project): Promise<void> {
  const exposed = waypoints(userDir()).filter((path) => isBelow(path, project.dir));
  if (exposed.length === 0) return;
  if (exposed.some((path) => path !== project.stateDir)) {
    throw unsafe(project, "a sandbox in it could approve anything by itself");
  }
  const support = await namespaceSupport();
  if (support.kind !== "none") return;
  throw unsafe(project, `this computer cannot hide that from a sandbox (${support.reason})`);
}

function unsafe({ dir }: Project, why: string): SandboxError {
  const message = `${dir} contains ${userDir()}, where your approvals and your configuration are, and ${why}.`;
  return new SandboxError("unsafe-project", message, {
    hint: "Start the sandbox in a directory of its own.",
  });
}
