// An image of several layers as build tools make them: every layer lists the directories above its entries.
import { createCipheriv, createHash } from "node:crypto";
import type { TarInput } from "./tar.ts";

export type MultiLayerSize = {
  /** Text files of the base layer. */
  readonly baseFiles: number;
  /** Text files of the second layer. */
  readonly appFiles: number;
  /** Bytes that do not compress. */
  readonly randomBytes: number;
};

/** Quick enough for every test run. */
export const smallImage: MultiLayerSize = { baseFiles: 60, appFiles: 40, randomBytes: 300_000 };
/** About 219 MB and 11,500 entries, the size of a small distribution with an application. */
export const largeImage: MultiLayerSize = {
  baseFiles: 9000,
  appFiles: 2000,
  randomBytes: 20 << 20,
};

const mtime = 1_700_000_000;

const dir = (path: string, more: Partial<TarInput> = {}): TarInput => {
  return { path: `${path}/`, type: "5", mtime, ...more };
};
const file = (path: string, content: TarInput["content"], more: Partial<TarInput> = {}) => {
  return { path, content: content ?? "", mtime, ...more };
};
const special = (path: string, type: string, more: Partial<TarInput> = {}): TarInput => {
  return { path, type, mtime, ...more };
};
const symlink = (path: string, link: string) => special(path, "2", { link, mode: 0o777 });

/** The layers, the lowest first. Equal sizes give equal bytes. */
export function multiLayers(size: MultiLayerSize): TarInput[][] {
  return [base(size), application(size), removals(), returns(), []];
}

/** Bytes without any order, the same for the same seed. */
export function noise(count: number, seed: string): Buffer {
  const key = createHash("sha256").update(seed).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(count));
}

/** Text that compresses about as well as a program does. */
export function prose(count: number, seed: string): Buffer {
  const letters = noise(count, seed);
  for (const [index, byte] of letters.entries()) letters[index] = alphabet[byte & 63] ?? 0x20;
  // Every other stretch repeats, as code and text do.
  for (let at = 512; at + 256 <= count; at += 512) letters.copyWithin(at, at - 512, at - 256);
  return letters;
}

const alphabet = Buffer.from("etaoin shrdlu cmfwyp vbgkjqxz ETAOIN .,;:(){}=+-*/<>01234567890\n");

function base({ baseFiles }: MultiLayerSize): TarInput[] {
  const entries = [
    dir("."),
    dir("dev"),
    dir("etc"),
    file("etc/motd", "welcome\n"),
    file("etc/os-release", 'NAME="Test"\n'),
    symlink("bin", "usr/bin"),
    dir("tmp", { mode: 0o1777 }),
    dir("usr"),
    dir("usr/bin"),
    file("usr/bin/sh", "#!shell\n", { mode: 0o755 }),
    dir("usr/share"),
    dir("usr/share/doc"),
    dir("usr/share/doc/base-files"),
    file("usr/share/doc/base-files/README", "gone later\n"),
    dir("usr/lib"),
  ];
  for (let index = 0; index < baseFiles; index += 1) {
    const parent = `usr/lib/d${Math.floor(index / 100)}`;
    if (index % 100 === 0) entries.push(dir(parent));
    // Many small files and few large ones: 20 KB on average.
    const bytes = index % 50 === 0 ? 500_000 : 500 + ((index * 7919) % 20_000);
    entries.push(file(`${parent}/lib${index}.so`, prose(bytes, `base ${index}`)));
    if (index % 9 === 0) entries.push(symlink(`${parent}/lib${index}.so.1`, `lib${index}.so`));
  }
  return entries;
}

/** set-capability cap_net_raw+ep, revision 2: bytes that are no text. */
const capability = Buffer.alloc(20);
capability.writeUInt32LE(0x02000001, 0);
capability.writeUInt32LE(1 << 13, 4);

function application({ appFiles, randomBytes }: MultiLayerSize): TarInput[] {
  const entries = [dir("opt"), dir("opt/app", { uid: 1000, gid: 1000 })];
  for (let index = 0; index < appFiles; index += 1) {
    const parent = `opt/app/d${Math.floor(index / 100)}`;
    if (index % 100 === 0) entries.push(dir(parent));
    const text = prose(200 + ((index * 37) % 8000), `app ${index}`);
    entries.push(file(`${parent}/f${index}.txt`, text, { uid: 1000, gid: 1000 }));
  }
  const longDirectory = `opt/app/${"n".repeat(120)}`;
  entries.push(
    file("opt/app/random.bin", noise(randomBytes, "big")),
    file("opt/app/zeros.bin", Buffer.alloc(Math.floor(randomBytes / 2))),
    file("opt/app/empty", ""),
    special("opt/app/hard1", "1", { link: "opt/app/random.bin", mode: 0o644 }),
    special("opt/app/hard2", "1", { link: "opt/app/random.bin", mode: 0o644 }),
    symlink("opt/app/sym-abs", "/etc/os-release"),
    symlink("opt/app/sym-dangling", "../../nowhere"),
    file("opt/app/ping", "#!/bin/sh\n", {
      mode: 0o755,
      pax: [
        ["SCHILY.xattr.security.capability", capability],
        ["SCHILY.xattr.user.note", "hello"],
      ],
    }),
    file("opt/app/suid", "x", { mode: 0o4755 }),
    file("opt/app/sgid", "x", { mode: 0o2755 }),
    special("opt/app/null", "3", { major: 1, minor: 3, mode: 0o666 }),
    special("opt/app/blk", "4", { major: 7, minor: 300 }),
    special("opt/app/fifo", "6"),
    file("opt/app/ünïcödé-文件.txt", "u"),
    dir(longDirectory),
    file(`${longDirectory}/${"m".repeat(200)}.txt`, "a path of more than 300 bytes"),
    file("opt/app/biguid", "b", { uid: 3_000_000, gid: 3_000_001 }),
    file("opt/app/fine-time", "t", { mtime: 1_700_000_000.25 }),
    file("opt/app/before-1970", "t", { mtime: -86_400 }),
    dir("opt/gone"),
    file("opt/gone/a", "a"),
    dir("opt/gone/sub"),
    file("opt/gone/sub/b", "b"),
    dir("opt/opq"),
    file("opt/opq/old1", "1"),
    dir("opt/opq/oldd"),
    file("opt/opq/oldd/x", "1"),
    file("opt/was-file", "f"),
    dir("opt/was-dir"),
    file("opt/was-dir/in", "f"),
  );
  return entries;
}

function removals(): TarInput[] {
  return [
    dir("opt"),
    file("opt/.wh.gone", ""),
    dir("opt/opq", { mode: 0o700 }),
    file("opt/opq/new1", "2"),
    // After a new sibling: it works on the layers below all the same.
    file("opt/opq/.wh..wh..opq", ""),
    dir("opt/was-file"),
    file("opt/was-file/now-in-dir", "d"),
    file("opt/was-dir", "now file"),
    dir("usr"),
    dir("usr/share"),
    dir("usr/share/doc"),
    file("usr/share/doc/.wh.base-files", ""),
    dir("opt/app", { uid: 1000, gid: 1001, mode: 0o750 }),
    // One of the names of an inode.
    file("opt/app/.wh.hard1", ""),
    dir("opt/app/d0"),
    file("opt/app/d0/.wh.f0.txt", ""),
  ];
}

function returns(): TarInput[] {
  return [
    dir("opt"),
    symlink("opt/gone", "app"),
    dir("opt/app", { uid: 1000, gid: 1001, mode: 0o750 }),
    file("opt/app/biguid", "again", { uid: 3_000_000, gid: 3_000_001 }),
    special("opt/app/link", "1", { link: "opt/app/biguid", uid: 3_000_000, gid: 3_000_001 }),
    dir("etc"),
    file("etc/motd", "overridden\n"),
  ];
}
