import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { crc32c } from "#core/erofs/crc32c.ts";
import type { InodeAttributes } from "#core/erofs/inode.ts";
import { readErofs } from "#test/support/erofsReader.ts";
import {
  addFile,
  type Entries,
  fillDirectory,
  flatten,
  plain,
  trees,
  writeErofs as write,
} from "#test/support/erofsTrees.ts";

describe("EROFS writer", () => {
  it("writes a superblock that old kernels take", () => {
    const image = write(() => undefined);
    assert.equal(image.length, 4096);
    assert.equal(image.readBigUInt64LE(1024 + 24), 1_700_000_000n);
    assert.equal(image.toString("hex", 1024 + 48, 1024 + 64), "000102030405060708090a0b0c0d0e0f");
    assert.equal(readErofs(image).size, 1);
  });

  it("stores every size around the limits of a block", () => {
    const sizes = [0, 1, 31, 32, 2047, 2048, 2049, 4031, 4032, 4033, 4095, 4096, 4097, 8191, 8192];
    const contents = sizes.map((size) => Buffer.alloc(size, `content of ${size} `));
    const image = write((writer, root) => {
      for (const [index, content] of contents.entries()) {
        root.set(`f${sizes[index]}`, addFile(writer, content));
      }
    });
    const found = readErofs(image);
    for (const [index, content] of contents.entries()) {
      assert.deepEqual(found.get(`f${sizes[index]}`)?.content, content);
    }
  });

  it("keeps small files in the metadata blocks", () => {
    const image = write((writer, root) => {
      for (let index = 0; index < 1000; index += 1) {
        root.set(`f${index}`, addFile(writer, Buffer.alloc(100, "x")));
      }
    });
    // 1000 × (64 + 100, in steps of 32) bytes of inodes, some 20 KB of directory.
    assert.ok(image.length < 240_000, `${image.length} bytes`);
    assert.equal(readErofs(image).size, 1001);
  });

  it("takes content in pieces and holes of any size", () => {
    const image = write((writer, root) => {
      writer.beginFile(plain, 20_000);
      writer.zeros(5000);
      writer.write(Buffer.alloc(6000, "a"));
      writer.zeros(8999);
      writer.write(Buffer.from("z"));
      root.set("holes", writer.endFile());
    });
    const expected = `${"\0".repeat(5000)}${"a".repeat(6000)}${"\0".repeat(8999)}z`;
    assert.equal(readErofs(image).get("holes")?.content.toString("latin1"), expected);
  });

  it("refuses content that is shorter or longer than announced", () => {
    const attempt = (size: number, content: string) =>
      write((writer) => {
        writer.beginFile(plain, size);
        writer.write(Buffer.from(content));
        writer.endFile();
      });
    assert.throws(() => attempt(5, "abc"), { name: "ErofsError", code: "size" });
    assert.throws(() => attempt(2, "abc"), { name: "ErofsError", code: "size" });
    assert.throws(() => attempt(4096, "abc"), { name: "ErofsError", code: "size" });
  });

  it("keeps attributes to their last bit", () => {
    const attributes: InodeAttributes = {
      mode: 0o7751,
      uid: 4_294_967_295,
      gid: 4_294_967_294,
      mtimeSeconds: -62_135_596_800,
      mtimeNanoseconds: 999_999_999,
      xattrs: [
        { name: "user.b", value: Buffer.from([0, 255, 10]) },
        { name: "user.a", value: Buffer.alloc(0) },
        { name: "system.posix_acl_access", value: Buffer.from("acl") },
        { name: "com.apple.unknown", value: Buffer.from("dropped") },
      ],
    };
    const image = write(
      (writer, root) => root.set("f", addFile(writer, Buffer.from("x"), attributes)),
      attributes,
    );
    for (const path of ["/", "f"]) {
      const inode = readErofs(image).get(path);
      assert.deepEqual(
        [inode?.mode, inode?.uid, inode?.gid, inode?.mtimeSeconds, inode?.mtimeNanoseconds],
        [0o7751, 4_294_967_295, 4_294_967_294, -62_135_596_800n, 999_999_999],
      );
      assert.deepEqual(inode?.xattrs, [
        ["user.a", Buffer.alloc(0)],
        ["user.b", Buffer.from([0, 255, 10])],
        ["system.posix_acl_access", Buffer.from("acl")],
      ]);
    }
  });

  it("gives attributes that fill blocks their own blocks", () => {
    const xattrs = [1, 2, 3].map((index) => ({
      name: `user.${index}`,
      value: Buffer.alloc(60_000, index),
    }));
    const attributes = { ...plain, xattrs };
    const image = write((writer, root) => {
      root.set("before", addFile(writer, Buffer.from("1")));
      root.set("file", addFile(writer, Buffer.from("2"), attributes));
      root.set("link", writer.addSymlink(attributes, "target"));
      root.set("dir", {
        attributes,
        entries: new Map([["x", writer.addSpecial("socket", plain)]]),
      });
    });
    const found = readErofs(image);
    for (const path of ["file", "link", "dir"]) assert.equal(found.get(path)?.xattrs.length, 3);
    assert.equal(found.get("dir/x")?.kind, "socket");
    assert.equal(found.get("file")?.content.toString(), "2");
  });

  it("refuses more attributes than an inode can have", () => {
    const xattrs = [1, 2, 3, 4, 5].map((index) => ({
      name: `user.${index}`,
      value: Buffer.alloc(60_000),
    }));
    assert.throws(
      () => write((writer) => addFile(writer, Buffer.from("x"), { ...plain, xattrs })),
      { code: "xattr" },
    );
    assert.throws(() => write(() => undefined, { ...plain, xattrs: xattrs.slice(0, 1) }), {
      code: "xattr",
    });
  });

  it("stores device numbers of 12 and 20 bits", () => {
    const image = write((writer, root) => {
      root.set("c", writer.addDevice("characterDevice", plain, { major: 4095, minor: 1_048_575 }));
      root.set("b", writer.addDevice("blockDevice", plain, { major: 259, minor: 70_000 }));
    });
    const found = readErofs(image);
    assert.deepEqual(
      [found.get("c")?.device, found.get("b")?.device],
      ["4095:1048575", "259:70000"],
    );
  });

  it("sorts names by bytes across the dots and packs them into blocks", () => {
    const names = ["!", "-", ".a", "..b", "/".replace("/", "0"), "\u00ff", "z".repeat(255)];
    for (let index = 0; index < 3000; index += 1) names.push(`n${index}`.padEnd(index % 200, "x"));
    const unique = [...new Set(names)];
    const image = write((writer, root) => {
      for (const name of unique) root.set(name, writer.addSpecial("fifo", plain));
    });
    assert.deepEqual([...readErofs(image).keys()].sort(), ["/", ...unique].sort());
  });

  it("refuses names a directory cannot hold", () => {
    for (const name of ["", ".", "..", "a/b", "a\0b", "n".repeat(256)]) {
      const attempt = () =>
        write((writer, root) => root.set(name, writer.addSpecial("fifo", plain)));
      assert.throws(attempt, { name: "ErofsError", code: "name" });
    }
  });

  it("writes trees of any depth without recursion", () => {
    const image = write((writer, root) => {
      let entries: Entries = root;
      for (let depth = 0; depth < 10_000; depth += 1) {
        const child: Entries = new Map();
        entries.set("d", { attributes: plain, entries: child });
        entries = child;
      }
      entries.set("f", addFile(writer, Buffer.from("deep")));
    });
    assert.equal(image.readBigUInt64LE(1024 + 16), 10_002n);
  });

  it("gives back any tree", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const image = write((writer, root) => fillDirectory(writer, root, tree));
        const actual = [...readErofs(image)].filter(([path]) => path !== "/");
        const found = actual.map(([path, inode]) => [
          path,
          inode.kind,
          inode.content.length,
          inode.xattrs.length,
        ]);
        const expected = flatten(tree, "").map((entry) => [...entry]);
        const comparable = found.map((entry) =>
          entry[1] === "directory" ? [entry[0], "directory", 0, 0] : entry,
        );
        assert.deepEqual(comparable.sort(byFirst), expected.sort(byFirst));
      }),
      { numRuns: 40 },
    );
  });
});

describe("crc32c", () => {
  it("gives the published check value, before the final inversion", () => {
    assert.equal(crc32c(Buffer.from("123456789")), ~0xe3069283 >>> 0);
  });
});

function byFirst(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
