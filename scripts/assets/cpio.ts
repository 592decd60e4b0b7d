// Writes the kernel's initramfs format: cpio, "newc" variant
// (Documentation/driver-api/early-userspace/buffer-format.rst).

export type CpioEntry =
  | { path: string; type: "directory" }
  | { path: string; type: "file"; content: Buffer; executable?: boolean }
  | { path: string; type: "symlink"; target: string };

const modes = { directory: 0o040755, file: 0o100644, symlink: 0o120777 };

/** Builds an archive with all parent directories, owned by root and free of times. */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of entries) {
    for (const path of parentsOf(entry.path)) byPath.set(path, { path, type: "directory" });
  }
  for (const entry of entries) byPath.set(entry.path, entry);
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const records = sorted.map((entry, index) => recordOf(entry, index + 1));
  return Buffer.concat([...records, record("TRAILER!!!", { inode: 0, mode: 0, content: empty })]);
}

const empty = Buffer.alloc(0);

function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function recordOf(entry: CpioEntry, inode: number): Buffer {
  const mode = modes[entry.type] | (entry.type === "file" && entry.executable ? 0o111 : 0);
  return record(entry.path, { inode, mode, content: contentOf(entry) });
}

function contentOf(entry: CpioEntry): Buffer {
  if (entry.type === "file") return entry.content;
  return entry.type === "symlink" ? Buffer.from(entry.target) : empty;
}

function record(
  path: string,
  { inode, mode, content }: { inode: number; mode: number; content: Buffer },
): Buffer {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === 0o040000 ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([pad4(Buffer.concat([Buffer.from(header), name])), pad4(content)]);
}

function pad4(bytes: Buffer): Buffer {
  const padding = (4 - (bytes.length % 4)) % 4;
  return padding === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(padding)]);
}
