import { open } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { busyPortId } from "#core/machine/argv.ts";
import type { MemoryRange } from "#core/machine/bootMemory.ts";
import { saveFailed } from "../errors.ts";
import { copyHoled } from "../memory/copy.ts";
import { forgetFreed } from "../memory/freed.ts";
import type { Qmp } from "../qmp.ts";
import { files } from "../runDir.ts";
import { listenInDirectory } from "../unixSocket.ts";
import { capabilities, migrationEnd } from "./migration.ts";
import { savedFiles } from "./saved.ts";

export type SaveParts = {
  qmp: Qmp;
  runDir: string;
  /** The guest's memory as a file; undefined when it is none. */
  memoryPath: string | undefined;
  /** Where pages may be that the guest has freed after its boot and nobody has used since. */
  freed: readonly MemoryRange[];
};

const idleDeadlineMs = 3_000;
const idleLookMs = 3;
/** A large guest on a slow disk. */
const copyDeadlineMs = 600_000;

/**
 * Halts the guest and writes its devices' state and its memory into an existing directory. The guest
 * stays halted, also after a failure; `resume` lets it go on.
 */
export async function saveMachine(parts: SaveParts, directory: string): Promise<void> {
  const { qmp, memoryPath } = parts;
  if (memoryPath === undefined) {
    throw saveFailed("the guest's memory is not kept in a file on this system");
  }
  await untilNobodyIsConnected(qmp);
  await qmp.execute({ execute: "stop", arguments: {} });
  const [state] = await Promise.all([readState(parts), forgetFreed(memoryPath, parts.freed)]);
  await Promise.all([
    writePrivate(join(directory, savedFiles.state), state),
    copyMemory(memoryPath, join(directory, savedFiles.memory)),
  ]);
}

const chardevsSchema = z.array(z.object({ label: z.string(), "frontend-open": z.boolean() }));

/** An agent that still served a connection would go on with it, as soon as it is resumed. */
async function untilNobodyIsConnected(qmp: Qmp): Promise<void> {
  for (const deadline = performance.now() + idleDeadlineMs; ; ) {
    const answer = await qmp.execute({ execute: "query-chardev", arguments: {} });
    const port = chardevsSchema.parse(answer).find(({ label }) => label === busyPortId);
    if (port?.["frontend-open"] === false) return;
    if (performance.now() > deadline) throw saveFailed("its agent did not become idle");
    await delay(idleLookMs);
  }
}

async function readState({ qmp, runDir }: SaveParts): Promise<Buffer> {
  const server = createServer();
  const received = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await listenInDirectory(server, runDir, files.migration);
  try {
    const finished = migrationEnd(qmp);
    const uri = `unix:${files.migration}`;
    const [state] = await Promise.all([
      received.then((socket) => bounded(socket)),
      finished,
      qmp.execute(capabilities),
      qmp.execute({ execute: "migrate", arguments: { uri } }),
    ]);
    return state;
  } finally {
    closeServer(server);
  }
}

/** The guest's memory is not in it, so what its devices know is a megabyte or two. */
const longestStateBytes = 256 * 2 ** 20;

/** A QEMU that a guest has broken must not fill our memory. */
export async function bounded(stream: Readable, limitBytes = longestStateBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limitBytes) throw saveFailed("its devices have too much to say");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function closeServer(server: Server): void {
  server.close();
}

async function writePrivate(path: string, content: Buffer): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

async function copyMemory(source: string, target: string): Promise<void> {
  await (await open(target, "wx", 0o600)).close();
  await copyHoled(source, target, { timeoutMs: copyDeadlineMs });
}
