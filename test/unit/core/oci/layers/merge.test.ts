import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryBudget } from "#core/erofs/memoryBudget.ts";
import { ErofsWriter } from "#core/erofs/writer.ts";
import { LayerMerge } from "#core/oci/layers/merge.ts";
import { TarReader } from "#core/oci/tar/reader.ts";
import { MemorySink } from "#test/support/memorySink.ts";
import { mergeCounting } from "#test/support/mergedLayers.ts";
import { type TarInput, tar } from "#test/support/tar.ts";

/** Merges layers, the lowest first, and lists the paths with contents (or kinds). */
function merge(...layers: TarInput[][]): string[] {
  return mergeCounting(layers).listing;
}

const f = (path: string, content = path): TarInput => ({ path, content });
const d = (path: string, more: Partial<TarInput> = {}): TarInput => ({ path, type: "5", ...more });
const l = (path: string, link: string): TarInput => ({ path, type: "1", link });
const s = (path: string, link: string): TarInput => ({ path, type: "2", link });
const refuses = (message: RegExp, ...layers: TarInput[][]) =>
  assert.throws(() => merge(...layers), { name: "OciError", code: "layer", message });

describe("layer merge: removing", () => {
  it("hides a file, a directory with everything in it, and nothing else", () => {
    const lower = [f("a"), d("dir"), f("dir/x"), d("dir/sub"), f("dir/sub/y"), f("dirx")];
    assert.deepEqual(merge(lower, [f(".wh.a"), f(".wh.dir")]), ["dirx=dirx"]);
  });

  it("hides only what layers below have, wherever the marker stands", () => {
    assert.deepEqual(merge([f("a", "old")], [f("a", "new"), f(".wh.a")]), ["a=new"]);
    assert.deepEqual(merge([f("a", "old")], [f(".wh.a"), f("a", "new")]), ["a=new"]);
  });

  it("lets a directory come back without its former content", () => {
    const layers = [[d("d"), f("d/old")], [f(".wh.d")], [d("d"), f("d/new")]];
    assert.deepEqual(merge(...layers), ["d/", "d/new=d/new"]);
    assert.deepEqual(merge([d("d"), f("d/old")], [f(".wh.d"), f("d/new")]), ["d/", "d/new=d/new"]);
  });

  it("makes a directory opaque for layers below, whatever the order of entries", () => {
    const lower = [d("d"), f("d/old"), d("d/sub"), f("d/sub/x")];
    assert.deepEqual(merge(lower, [f("d/new"), f("d/.wh..wh..opq")]), ["d/", "d/new=d/new"]);
    assert.deepEqual(merge(lower, [f("d/.wh..wh..opq"), f("d/new")]), ["d/", "d/new=d/new"]);
    assert.deepEqual(merge(lower, [f(".wh..wh..opq")]), []);
  });

  it("removes names that never existed without complaint", () => {
    assert.deepEqual(merge([f("a")], [f(".wh.b"), f("c/.wh.d")]), ["a=a", "c/"]);
  });

  it("ignores the book-keeping of aufs", () => {
    assert.deepEqual(merge([f(".wh..wh.aufs"), d(".wh..wh.plnk"), f(".wh..wh.plnk/1.2")]), []);
  });

  it("refuses markers that name no file", () => {
    for (const name of [".wh.", ".wh..", ".wh..."]) refuses(/names no file/, [f(`a/${name}`)]);
  });
});

describe("layer merge: replacing", () => {
  it("takes the highest layer's file, directory or link", () => {
    assert.deepEqual(merge([f("a", "1")], [f("a", "2")], [f("a", "3")]), ["a=3"]);
    assert.deepEqual(merge([d("a"), f("a/x")], [f("a", "file")]), ["a=file"]);
    assert.deepEqual(merge([f("a", "file")], [d("a"), f("a/x")]), ["a/", "a/x=a/x"]);
    assert.deepEqual(merge([s("a", "b")], [d("a")]), ["a/"]);
  });

  it("merges directories but stops at what is none", () => {
    const layers = [[d("a"), f("a/bottom")], [f("a", "file")], [d("a"), f("a/top")]];
    assert.deepEqual(merge(...layers), ["a/", "a/top=a/top"]);
  });

  it("takes a directory's attributes from the highest layer that lists it", () => {
    const layers = [[d("a", { mode: 0o700 })], [d("a", { mode: 0o711 })], [f("a/x")]];
    assert.equal(mergeCounting(layers).found.get("a")?.mode, 0o711);
    assert.equal(mergeCounting([[f("b/c")]]).found.get("b")?.mode, 0o755);
    assert.equal(mergeCounting([[d("./", { mode: 0o750 })], []]).found.get("/")?.mode, 0o750);
  });

  it("lets the last of several equal entries of a layer win", () => {
    assert.deepEqual(merge([f("a", "1"), f("a", "2")]), ["a=2"]);
    assert.deepEqual(merge([f("a", "1"), d("a"), f("a/x")]), ["a/", "a/x=a/x"]);
    assert.deepEqual(merge([d("a"), f("a/x"), f("a", "file")]), ["a=file"]);
  });

  it("replaces a link of a lower layer by a directory when something is put below it", () => {
    const layers = [[d("usr/bin"), f("usr/bin/sh"), s("bin", "usr/bin")], [f("bin/new")]];
    assert.deepEqual(merge(...layers), [
      "bin/",
      "bin/new=bin/new",
      "usr/",
      "usr/bin/",
      "usr/bin/sh=usr/bin/sh",
    ]);
  });

  it("follows a link of the same layer, but never out of the image", () => {
    assert.deepEqual(merge([s("lib", "usr/lib"), f("lib/a", "x")]), [
      "lib->usr/lib",
      "usr/",
      "usr/lib/",
      "usr/lib/a=x",
    ]);
    assert.deepEqual(merge([s("abs", "/usr"), f("abs/a", "x")]), ["abs->/usr", "usr/", "usr/a=x"]);
    refuses(/out of the image/, [s("up", "../.."), f("up/a")]);
    refuses(/too many symbolic links/, [s("a", "b"), s("b", "a"), f("a/x")]);
  });
});

describe("layer merge: hard links", () => {
  it("keeps one inode for all names", () => {
    const { found } = mergeCounting([[f("a", "x"), l("b", "a"), l("c", "./b"), l("d/e", "/a")]]);
    const nids = ["a", "b", "c", "d/e"].map((path) => found.get(path)?.nid);
    assert.equal(new Set(nids).size, 1);
    assert.equal(found.get("a")?.links, 4);
  });

  it("links to links, devices and pipes too", () => {
    const { found } = mergeCounting([
      [s("s", "t"), l("s2", "s"), { path: "p", type: "6" }, l("p2", "p")],
    ]);
    assert.equal(found.get("s2")?.nid, found.get("s")?.nid);
    assert.equal(found.get("p2")?.links, 2);
  });

  it("counts only names that are left", () => {
    const { found } = mergeCounting([[f("a", "x"), l("b", "a"), l("c", "a")], [f(".wh.b")]]);
    assert.equal(found.get("a")?.links, 2);
    assert.equal(found.has("b"), false);
  });

  it("keeps the old content under a name whose target was replaced or removed", () => {
    const lower = [f("a", "old"), l("b", "a")];
    assert.deepEqual(merge(lower, [f("a", "new")]), ["a=new", "b=old"]);
    assert.deepEqual(merge(lower, [f(".wh.a")]), ["b=old"]);
    assert.deepEqual(merge([f("d/a", "old"), l("b", "d/a")], [f("d/.wh..wh..opq")]), [
      "b=old",
      "d/",
    ]);
  });

  it("shares that content among all names that are left, and reads the layer only twice", () => {
    const lower = [f("a", "old"), l("b", "a"), l("c", "b"), l("d", "c"), f("other", "1")];
    const { found, readings } = mergeCounting([lower, [f(".wh.a"), f(".wh.c")]]);
    assert.equal(found.get("b")?.nid, found.get("d")?.nid);
    assert.equal(found.get("d")?.links, 2);
    assert.equal(readings, 3);
    assert.equal(mergeCounting([lower, []]).readings, 2);
  });

  it("takes the last of several equal entries before the link, though a higher layer hides it", () => {
    const top = [f("a", "new")];
    assert.deepEqual(merge([f("a", "1"), f("a", "2"), l("b", "a")], top), ["a=new", "b=2"]);
    assert.deepEqual(merge([f("a", "1"), l("b", "a"), f("a", "2")], top), ["a=new", "b=1"]);
    const both = [f("a", "1"), l("b", "a"), f("a", "2"), l("c", "a"), f("a", "3")];
    assert.deepEqual(merge(both, top), ["a=new", "b=1", "c=2"]);
    assert.deepEqual(merge(both), ["a=3", "b=1", "c=2"]);
  });

  it("takes the last of several equal entries of a lower layer", () => {
    const twice = [f("a", "1"), f("a", "2")];
    assert.deepEqual(merge(twice, [l("b", "a")]), ["a=2", "b=2"]);
    assert.deepEqual(merge(twice, [l("b", "a")], [f("a", "new")]), ["a=new", "b=2"]);
    const { found } = mergeCounting([twice, [l("b", "a")]]);
    assert.equal(found.get("a")?.nid, found.get("b")?.nid);
  });

  it("finds targets in lower layers, visible or not", () => {
    const { found } = mergeCounting([[f("a", "x")], [f("other")], [l("b", "a")]]);
    assert.equal(found.get("a")?.nid, found.get("b")?.nid);
    assert.deepEqual(merge([f("a", "old")], [l("b", "a")], [f("a", "new")]), ["a=new", "b=old"]);
    const chain = [[f("x", "deep"), l("a", "x")], [l("b", "a")], [f(".wh.a"), f(".wh.x")]];
    assert.deepEqual(merge(...chain), ["b=deep"]);
  });

  it("refuses links that lead nowhere, to themselves or to a directory", () => {
    refuses(/hard link "b" leads to "a", which no layer has/, [l("b", "a")]);
    refuses(/leads to itself/, [l("b", "./b")]);
    refuses(/which is a directory/, [d("a")], [l("b", "a")]);
    refuses(/which is a directory/, [d("a"), l("b", "a")]);
    assert.deepEqual(merge([f("a", "x")], [l("b", "a"), f(".wh.a")]), ["b=x"]);
    refuses(/a layer between them removes/, [f("a")], [f(".wh.a")], [l("b", "a")]);
  });
});

describe("layer merge: names", () => {
  it("takes absolute names and dots as names inside the image", () => {
    assert.deepEqual(merge([f("/a", "1"), f("./b/./c", "2"), f("x/../d", "3")]), [
      "a=1",
      "b/",
      "b/c=2",
      "d=3",
    ]);
  });

  it("refuses names that lead out of the image", () => {
    for (const path of ["../a", "a/../../b", "/..", ".."]) refuses(/out of the image/, [f(path)]);
    refuses(/out of the image/, [f("a"), l("b", "../etc/passwd")]);
  });

  it("refuses names that no Linux system takes", () => {
    refuses(/too long/, [f("n".repeat(256))]);
    refuses(/too long \(5\d\d\d bytes\)/, [f("d/".repeat(2600))]);
    refuses(/root is not a directory/, [f("./")], [{ path: ".", type: "2", link: "x" }]);
  });

  it("refuses more files, names and links than fit into its memory", () => {
    const attempt = (entries: TarInput[], bytes: number) => {
      const writer = new ErofsWriter(new MemorySink(), {
        uuid: new Uint8Array(16),
        buildTimeSeconds: 0,
      });
      const merge = new LayerMerge(writer, new MemoryBudget(bytes));
      for (const layer of [1, 0]) {
        merge.beginLayer(layer);
        new TarReader(merge).push(tar(entries));
      }
    };
    const files = Array.from({ length: 80 }, (_, index) => f(`f${index}`));
    const message = /"f[0-9]+": the image has more files, names and links than fit into \d+ MB/;
    attempt(files, 4000);
    assert.throws(() => attempt(files, 2500), { code: "layer", message });
    const directories = files.map(({ path }) => d(String(path)));
    assert.throws(() => attempt(directories, 4000), { message });
    // The targets of links are forgotten with their layer.
    const symlinks = files.map(({ path }) => s(String(path), "t".repeat(100)));
    attempt(symlinks, 13_000);
    assert.throws(() => attempt(symlinks, 11_000), { message });
    const links = files.map(({ path }) => l(String(path), "x".repeat(100)));
    assert.throws(() => attempt(links, 20_000), { message });
    const described = directories.map((entry, index) => ({
      ...entry,
      pax: [["SCHILY.xattr.user.x", Buffer.from(`${index}`)]] as const,
    }));
    assert.throws(() => attempt(described, 20_000), { message });
  });

  it("names the entry when something in it cannot be stored", () => {
    refuses(/"link": the target of the symbolic link is too long/, [s("link", "t".repeat(5000))]);
    refuses(/"link": the target of the symbolic link is empty/, [s("link", "")]);
    refuses(/"dev": the device number 5000:1/, [{ path: "dev", type: "3", major: 5000, minor: 1 }]);
    const large = { pax: [["SCHILY.xattr.user.x", Buffer.alloc(70_000)]] } as const;
    refuses(/"f": the extended attribute user.x is too large/, [
      { path: "f", content: "", ...large },
    ]);
  });

  it("drops attributes that would steer the guest's overlay", () => {
    const pax = [
      ["SCHILY.xattr.trusted.overlay.redirect", "/etc"],
      ["SCHILY.xattr.user.overlay.opaque", "y"],
      ["SCHILY.xattr.user.kept", "k"],
    ] as const;
    const { found } = mergeCounting([[{ path: "f", content: "", pax }]]);
    assert.deepEqual(
      found.get("f")?.xattrs.map(([name]) => name),
      ["user.kept"],
    );
  });
});
