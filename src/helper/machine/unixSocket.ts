import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { connect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Room for a path in a socket's address; macOS has the smaller of the two limits. */
const longestSocketPath = 103;

/** Connects to a socket in `directory`, however long the path to the directory is. */
export async function connectInDirectory(directory: string, name: string): Promise<Socket> {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= longestSocketPath) return await connected(connect(path));
  if (process.platform === "linux") return await connectThroughDescriptor(directory, name);
  return await connectFromDirectory(directory, name);
}

/** Listens on a socket in `directory` that only this user may connect to. */
export async function listenInDirectory(
  server: Server,
  directory: string,
  name: string,
): Promise<void> {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= longestSocketPath) return await listening(server, path);
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await listening(server, `/proc/self/fd/${handle.fd}/${name}`);
  } finally {
    await handle.close();
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The socket is born private: between its creation and a change of its mode others could connect.
    const before = process.umask(0o177);
    server.listen(path, resolve);
    process.umask(before);
  });
}

/** Waits for a listening socket to appear. `stop` ends the wait with its reason. */
export async function connectWhenListening(
  directory: string,
  name: string,
  stop: AbortSignal,
): Promise<Socket> {
  for (;;) {
    stop.throwIfAborted();
    try {
      return await connectInDirectory(directory, name);
    } catch (error) {
      if (!isNotListening(error)) throw error;
    }
    await delay(4, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
  }
}

/** The kernel resolves the directory through our descriptor, so its own path does not count. */
async function connectThroughDescriptor(directory: string, name: string): Promise<Socket> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await connected(connect(`/proc/self/fd/${handle.fd}/${name}`));
  } finally {
    await handle.close();
  }
}

/** Node resolves the name within `connect`, synchronously, so nobody sees the changed directory. */
function connectFromDirectory(directory: string, name: string): Promise<Socket> {
  const previous = process.cwd();
  process.chdir(directory);
  try {
    return connected(connect(name));
  } finally {
    process.chdir(previous);
  }
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

function isNotListening(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ECONNREFUSED";
}
