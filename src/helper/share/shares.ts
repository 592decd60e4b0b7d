import { rm } from "node:fs/promises";
import { join } from "node:path";
import { shareId } from "#core/machine/hotAdd.ts";
import {
  type ShareView,
  servedDirectory,
  type ViewMemory,
  virtiofsdArgv,
} from "#core/machine/share.ts";
import type { FsdevSpec } from "#core/machine/spec.ts";
import { dyingWithParent } from "../machine/dyingWithParent.ts";
import { shareFailed } from "../machine/errors.ts";
import { logTail } from "../machine/log/logTail.ts";
import { type Child, startChild } from "../machine/process.ts";
import type { ProgramCall } from "../machine/program.ts";
import { insideViews, type NamespaceSupport, namespaceSupport } from "./namespace.ts";
import { waitForSocket } from "./socketFile.ts";
import type { ShareRequest, ShareState } from "./types.ts";
import { type PreparedShare, prepareShare } from "./views.ts";
import { findVirtiofsd, type Virtiofsd } from "./virtiofsd.ts";

/** A share that is ready to be added to a running machine. */
export type ServedShare = ShareState & {
  index: number;
  /** Socket of the share's daemon, relative to the run directory; undefined for 9p. */
  socket: string | undefined;
};

export type ServedShares = {
  shares: ServedShare[];
  /** One for each share, in order; none for 9p. */
  daemons: Child[];
  /** Starts the daemon of a share once more; undefined for 9p. */
  startDaemon?: (index: number) => Promise<Child>;
  needs: SharesNeeds;
};

/** What QEMU has to be started with, so that shares can be added to it. */
export type SharesNeeds = {
  /** Whether daemons map the guest's memory. */
  sharedMemory: boolean;
  /** Directories that QEMU serves itself. */
  fsdevs: FsdevSpec[];
  /** What QEMU has to run in to see the covered directories that it serves. */
  views: readonly ShareView[];
};

/** How shares will be served, unless a daemon does not come up. */
export type SharesPlan = {
  prepared: readonly PreparedShare[];
  support: NamespaceSupport;
  /** Undefined where virtiofsd does not work, and QEMU's own 9p server has to do. */
  program: Virtiofsd | undefined;
  needs: SharesNeeds;
};

const daemonsNeeds: SharesNeeds = { sharedMemory: true, fsdevs: [], views: [] };
const noNeeds: SharesNeeds = { sharedMemory: false, fsdevs: [], views: [] };

export async function planShares(
  requests: readonly ShareRequest[],
  runDir: string,
): Promise<SharesPlan> {
  const [support, found] = await Promise.all([
    namespaceSupport(),
    requests.length > 0 ? findVirtiofsd() : undefined,
  ]);
  const prepared = await Promise.all(
    requests.map((request, index) => prepareShare(request, { index, runDir, support })),
  );
  const program = found !== undefined && canServe(found, support) ? found : undefined;
  const needs = program !== undefined ? daemonsNeeds : needsOf9p(prepared, support);
  return { prepared, support, program, needs };
}

/** Starts what serves the shares. Where the daemons do not come up, QEMU has other needs than planned. */
export async function serveShares(
  plan: SharesPlan,
  runDir: string,
  signal: AbortSignal,
): Promise<ServedShares> {
  const { prepared, support, program, needs } = plan;
  if (program === undefined) return serveOver9p(prepared, needs);
  const served = await tryVirtiofs(prepared, { program, support, runDir, signal });
  return served ?? serveOver9p(prepared, needsOf9p(prepared, support));
}

/**
 * The C program needs root, be it in a namespace of its own, and ends when it cannot give up its
 * groups; the other one runs anywhere.
 */
export function canServe(program: Virtiofsd, support: NamespaceSupport): boolean {
  return program.flavour === "rust" || (support.kind !== "none" && support.canDropGroups);
}

type VirtiofsOptions = {
  program: Virtiofsd;
  support: NamespaceSupport;
  runDir: string;
  signal: AbortSignal;
};

/** Undefined when a daemon does not come up: then 9p has to do. */
async function tryVirtiofs(
  prepared: readonly PreparedShare[],
  options: VirtiofsOptions,
): Promise<ServedShares | undefined> {
  const started = await Promise.allSettled(prepared.map((share) => startDaemon(share, options)));
  const daemons = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (daemons.length < prepared.length) {
    await Promise.all(daemons.map((daemon) => daemon.stop(0)));
    options.signal.throwIfAborted();
    return undefined;
  }
  const shares = prepared.map(({ state, index }) => ({
    ...state,
    index,
    type: "virtiofs" as const,
    socket: socketName(index),
  }));
  const again = async (index: number) => {
    const share = prepared[index];
    if (share === undefined) throw shareFailed(String(index), "");
    // The machine runs: whatever wanted its start to end does not mean this.
    return await startDaemon(share, { ...options, signal: new AbortController().signal });
  };
  return { shares, daemons, startDaemon: again, needs: daemonsNeeds };
}

async function startDaemon(share: PreparedShare, options: VirtiofsOptions): Promise<Child> {
  const { program, support, runDir, signal } = options;
  const logPath = join(runDir, `${shareId(share.index)}.log`);
  const args = virtiofsdArgv({
    flavour: program.flavour,
    socket: socketName(share.index),
    directory: support.kind === "none" ? share.source : servedDirectory,
    readOnly: share.readOnly,
    privileged: support.kind !== "none",
  });
  const call = { command: program.path, args };
  // A daemon before this one may have left its socket, which would pass for ours.
  await rm(join(runDir, socketName(share.index)), { force: true });
  const child = await startChild(await placed(call, [share], support), { cwd: runDir, logPath });
  try {
    await waitForSocket(join(runDir, socketName(share.index)), child.ended, signal);
    return child;
  } catch (error) {
    await child.stop(0);
    throw shareFailed(share.state.tag, await logTail(logPath), error);
  }
}

/** In a namespace the death signal is set again inside, as entering one may clear it. */
async function placed(
  call: ProgramCall,
  views: readonly ShareView[],
  support: NamespaceSupport,
): Promise<ProgramCall> {
  if (support.kind === "none") return call;
  const inner = await dyingWithParent(call);
  return insideViews(inner, views, { prefix: support.prefix, privateRun: true });
}

function serveOver9p(prepared: readonly PreparedShare[], needs: SharesNeeds): ServedShares {
  const shares = prepared.map(({ state, index }) => ({
    ...state,
    index,
    type: "9p" as const,
    socket: undefined,
  }));
  return { shares, daemons: [], needs };
}

function needsOf9p(prepared: readonly PreparedShare[], support: NamespaceSupport): SharesNeeds {
  if (prepared.length === 0) return noNeeds;
  const fsdevs = prepared.map(({ source, view, readOnly, index }) => ({
    id: shareId(index),
    path: support.kind === "none" ? source : view,
    readOnly,
  }));
  return { sharedMemory: false, fsdevs, views: support.kind === "none" ? [] : prepared };
}

/** QEMU in its mount namespace, where it needs one: for the views it serves or for its memory. */
export async function placeQemu(
  call: ProgramCall,
  place: { support: NamespaceSupport; views: readonly ShareView[]; memory: ViewMemory | undefined },
): Promise<ProgramCall> {
  const { support, views, memory } = place;
  const needsNone = views.length === 0 && memory === undefined;
  if (support.kind === "none" || needsNone) return call;
  const { prefix } = support;
  return insideViews(await dyingWithParent(call), views, { prefix, privateRun: false, memory });
}

/** The socket's name also names a lock of the daemon, which sandboxes without namespaces share. */
function socketName(index: number): string {
  return `${shareId(index)}-${process.pid}.sock`;
}
