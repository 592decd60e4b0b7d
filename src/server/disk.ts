import { type FSWatcher, watch } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { formerFileNames } from "#core/config/slots.ts";
import { type FileState, kindOf } from "./slotFiles.ts";

/**
 * The configuration files that the editor has not open. They are read again only when something
 * happened in their directory; where that cannot be watched, every time.
 */
export class Disk {
  private readonly watchers = new Map<string, FSWatcher>();
  /** Directories that are not there, as long as the watch of the one above says nothing else. */
  private readonly absent = new Set<string>();
  private readonly known = new Map<string, Promise<FileState>>();
  private readonly onDidChange: () => void;

  constructor(onDidChange: () => void) {
    this.onDidChange = onDidChange;
  }

  read(path: string): Promise<FileState> {
    const directory = dirname(path);
    // The watch comes first: what changes after the read must not be missed.
    if (!this.isWatched(directory)) return readState(path).then(({ state }) => state);
    const known = this.known.get(path);
    if (known !== undefined) return known;
    const reading = readState(path).then(({ state, isLink }) => {
      // What happens to the file behind a link happens somewhere else.
      if (isLink && this.known.get(path) === reading) this.known.delete(path);
      return state;
    });
    this.known.set(path, reading);
    return reading;
  }

  /** The editor says that something changed that the watch may have missed. */
  forget(): void {
    this.known.clear();
    this.absent.clear();
  }

  private isWatched(directory: string): boolean {
    if (this.watchers.has(directory) || this.absent.has(directory)) return true;
    const above = dirname(directory);
    const isToldOf = concernsUs(above, basename(directory)) && this.isWatched(above);
    try {
      const watcher = watch(directory, { persistent: false }, (event, name) => {
        if (!concernsUs(directory, name)) return;
        this.forgetBelow(directory);
        // The directory itself may be another one now.
        if (event === "rename") this.unwatch(directory);
        this.onDidChange();
      });
      watcher.on("error", () => this.unwatch(directory));
      this.watchers.set(directory, watcher);
      return true;
    } catch (error) {
      // There is no such directory, or the system has no watches left.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || !isToldOf) return false;
      this.absent.add(directory);
      return true;
    }
  }

  private unwatch(directory: string): void {
    this.watchers.get(directory)?.close();
    this.watchers.delete(directory);
    this.forgetBelow(directory);
  }

  private forgetBelow(directory: string): void {
    for (const path of this.known.keys()) if (dirname(path) === directory) this.known.delete(path);
    for (const each of this.absent) {
      if (dirname(each) === directory && this.absent.delete(each)) this.forgetBelow(each);
    }
  }
}

/** A home directory and a project see many changes; ours are those of their files and of themselves. */
function concernsUs(directory: string, name: string | null): boolean {
  if (name === null || name === basename(directory)) return true;
  if (Object.hasOwn(formerFileNames, name)) return true;
  const path = join(directory, name);
  return kindOf(path) !== undefined || kindOf(join(path, "config.toml")) !== undefined;
}

async function readState(path: string): Promise<{ state: FileState; isLink: boolean }> {
  let isLink = false;
  try {
    isLink = (await lstat(path)).isSymbolicLink();
    return { state: { text: decode(await readFile(path)) }, isLink };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isAbsent = code === "ENOENT" || code === "ENOTDIR";
    return { state: isAbsent ? undefined : { problem: message }, isLink };
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
