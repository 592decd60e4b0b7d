// Layers with everything an image can have: every kind of file, and every way to remove and replace.
import type { TarInput } from "./tar.ts";

const mtime = 1_700_000_000;
export const file = (
  path: string | Uint8Array,
  content: TarInput["content"] = "x",
  more = {},
): TarInput => ({
  path,
  content: content ?? "",
  mtime,
  ...more,
});
const directory = (path: string, more = {}): TarInput => ({ path, type: "5", mtime, ...more });
const link = (path: string, target: string): TarInput => ({ path, type: "1", link: target, mtime });
const symlink = (path: string, target: string): TarInput => ({
  path,
  type: "2",
  mode: 0o777,
  link: target,
  mtime,
});

/** set-capability cap_net_raw+ep, revision 2: bytes that are no text. */
const capability = Buffer.alloc(20);
capability.writeUInt32LE(0x02000001, 0);
capability.writeUInt32LE(1 << 13, 4);

const base: TarInput[] = [
  directory("./"),
  directory("etc"),
  file("etc/motd", "welcome\n"),
  symlink("bin", "usr/bin"),
  directory("usr"),
  directory("usr/bin"),
  file("usr/bin/sh", "#!shell\n", { mode: 0o755 }),
  directory("tmp", { mode: 0o1777 }),
];

const oddities: TarInput[] = [
  directory("opt/app/", { uid: 1000, gid: 1000 }),
  file("opt/app/big.bin", Buffer.alloc(300_000, "big")),
  file("opt/app/zeros.bin", Buffer.alloc(100_000)),
  file("opt/app/empty", ""),
  file("opt/app/block", Buffer.alloc(4096, "b")),
  file("opt/app/tail", Buffer.alloc(4096 + 4000, "t")),
  link("opt/app/hard1", "opt/app/big.bin"),
  link("opt/app/hard2", "./opt/app/big.bin"),
  symlink("opt/app/sym-abs", "/etc/os-release"),
  symlink("opt/app/sym-dangling", "../../nowhere"),
  symlink("opt/app/sym-long", "s/".repeat(2000)),
  file("opt/app/ping", "#!/bin/sh\n", {
    mode: 0o755,
    pax: [
      ["SCHILY.xattr.security.capability", capability],
      ["SCHILY.xattr.user.note", "hello"],
      ["SCHILY.xattr.trusted.overlay.opaque", "y"],
      ["SCHILY.xattr.com.apple.quarantine", "dropped: Linux has no such name space"],
    ],
  }),
  file("opt/app/many-xattrs", "x", {
    pax: Array.from({ length: 9 }, (_, index) => [
      `SCHILY.xattr.user.large${index}`,
      Buffer.alloc(4000, index),
    ]),
  }),
  file("opt/app/suid", "x", { mode: 0o4755 }),
  file("opt/app/sgid", "x", { mode: 0o2755 }),
  { path: "opt/app/null", type: "3", major: 1, minor: 3, mode: 0o666, mtime },
  { path: "opt/app/blk", type: "4", major: 7, minor: 300, mtime },
  { path: "opt/app/fifo", type: "6", mtime },
  file("opt/app/ünïcödé-文件.txt", "u"),
  file(Buffer.from("opt/app/latin1-\xe9\xff", "latin1"), "bytes"),
  file("opt/app/new\nline and space", "n"),
  file(`opt/app/${"n".repeat(120)}/${"m".repeat(200)}.txt`, "long path, no parent entry"),
  file("opt/app/biguid", "b", { uid: 4_294_967_294, gid: 3_000_001 }),
  file("opt/app/gnu-biguid", "b", { uid: 3_000_000, gid: 4_294_967_294, base256: true }),
  file("opt/app/fine-time", "t", { mtime: 1_700_000_000.123456 }),
  file("opt/app/before-1970", "t", { mtime: -86_400.5 }),
  directory("opt/gone/"),
  file("opt/gone/a"),
  directory("opt/gone/sub/"),
  file("opt/gone/sub/b"),
  directory("opt/opq/"),
  file("opt/opq/old1", "1"),
  directory("opt/opq/oldd/"),
  file("opt/opq/oldd/x", "1"),
  file("opt/was-file", "f"),
  directory("opt/was-dir/"),
  file("opt/was-dir/in", "f"),
  file("opt/replaced", "old"),
  link("opt/keeps-replaced", "opt/replaced"),
  link("opt/keeps-removed", "opt/removed-later"),
].flatMap((entry) =>
  // The target of the last link comes right before it.
  entry.path === "opt/keeps-removed" ? [file("opt/removed-later", "still linked"), entry] : [entry],
);

const changes: TarInput[] = [
  file("opt/.wh.gone", ""),
  directory("opt/opq/", { mode: 0o700 }),
  file("opt/opq/new1", "2"),
  file("opt/opq/.wh..wh..opq", ""),
  directory("opt/was-file/"),
  file("opt/was-file/now-in-dir", "d"),
  file("opt/was-dir", "now file"),
  file("opt/replaced", "new"),
  file("opt/.wh.removed-later", ""),
  file("opt/app/.wh.hard1", ""),
  file("opt/app/.wh.never-existed", ""),
  file("opt/.wh..wh.plnk/ignored", ""),
];

const returns: TarInput[] = [
  symlink("opt/gone", "app"),
  file("bin/new-through-symlink", "#!/bin/sh\n", { mode: 0o755 }),
  link("opt/app/link-to-lower", "opt/app/biguid"),
  file("etc/motd", "overridden\n"),
  file("twice", "first"),
  file("twice", "second"),
  directory("became-file"),
  file("became-file/child"),
  file("became-file", "file after all"),
  symlink("lib", "usr/lib"),
  file("lib/in-usr-lib", "through the link of the same layer"),
];

/** The lowest first. */
export const oddLayers: readonly TarInput[][] = [base, oddities, changes, returns, []];
