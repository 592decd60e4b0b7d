import { lstat, mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ShareView } from "#core/machine/share.ts";
import type { NamespaceSupport } from "./namespace.ts";
import type { ShareRequest, ShareState } from "./types.ts";

/** A share with the view that will be served, and what is known of its covers. */
export type PreparedShare = ShareView & { state: Omit<ShareState, "type">; index: number };

/** Makes the mount point of the view and finds out whether the host can cover what it has to. */
export async function prepareShare(
  request: ShareRequest,
  place: { index: number; runDir: string; support: NamespaceSupport },
): Promise<PreparedShare> {
  const source = await realpath(request.source);
  const view = `view${place.index}`;
  await mkdir(join(place.runDir, view), { recursive: true });
  await writeFile(join(place.runDir, "empty"), "");
  const linked = await Promise.all(request.covers.map((cover) => isLinked(source, cover)));
  const bad = request.covers.find((_, index) => linked[index]);
  const flaw = bad === undefined ? undefined : `${bad} is reached through a symbolic link`;
  const reason = place.support.kind === "none" ? place.support.reason : flaw;
  const soft = request.covers.length > 0 && reason !== undefined;
  return {
    source,
    view,
    readOnly: request.readOnly,
    covers: request.covers.filter((_, index) => !linked[index]),
    index: place.index,
    state: { tag: request.tag, coversEnforced: !soft, ...(soft && { reason }) },
  };
}

/** A mount follows links, so a cover behind one would hide something else than what was meant. */
async function isLinked(source: string, cover: string): Promise<boolean> {
  let path = source;
  for (const part of cover.split("/")) {
    path = join(path, part);
    if ((await lstat(path).catch(() => undefined))?.isSymbolicLink()) return true;
  }
  return false;
}
