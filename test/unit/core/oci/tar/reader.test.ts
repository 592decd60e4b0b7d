import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ReadEntry, readTar as read } from "#test/support/readTar.ts";
import { paxHeader, tar, tarEntry } from "#test/support/tar.ts";

function readOne(...parts: readonly Uint8Array[]): ReadEntry {
  const [entry, ...others] = read(Buffer.concat([...parts, Buffer.alloc(1024)]));
  assert.ok(entry);
  assert.equal(others.length, 0);
  return entry;
}

function refuses(archive: Uint8Array, message: RegExp): void {
  assert.throws(() => read(archive), { name: "OciError", code: "tar", message });
}

describe("tar reader: formats", () => {
  it("reads what a plain header says", () => {
    const entry = readOne(
      tarEntry({
        path: "a/b",
        mode: 0o4711,
        uid: 12,
        gid: 34,
        mtime: 1_700_000_000,
        content: "hello",
      }),
    );
    assert.deepEqual(entry, {
      kind: "file",
      path: "a/b",
      linkPath: "",
      mode: 0o4711,
      uid: 12,
      gid: 34,
      mtimeSeconds: 1_700_000_000,
      mtimeNanoseconds: 0,
      sizeBytes: 5,
      deviceMajor: 0,
      deviceMinor: 0,
      xattrs: [],
      content: "hello",
    });
  });

  it("tells the kinds apart", () => {
    const types = ["0", "\0", "7", "1", "2", "3", "4", "5", "6", "S"];
    const kinds = types.slice(0, 9).map((type) => readOne(tarEntry({ path: "x", type })).kind);
    const expected = ["file", "file", "file", "hardLink", "symlink", "characterDevice"];
    assert.deepEqual(kinds, [...expected, "blockDevice", "directory", "fifo"]);
    assert.equal(readOne(tarEntry({ path: "old/", type: "\0", dialect: "v7" })).kind, "directory");
  });

  it("joins prefix and name of ustar, and only of ustar", () => {
    const prefix = [{ offset: 345, bytes: Buffer.from("some/prefix") }];
    assert.equal(readOne(tarEntry({ path: "name", raw: prefix })).path, "some/prefix/name");
    assert.equal(readOne(tarEntry({ path: "name", raw: prefix, dialect: "gnu" })).path, "name");
    assert.equal(readOne(tarEntry({ path: "name", raw: prefix, dialect: "v7" })).path, "name");
  });

  it("reads GNU long names and links", () => {
    const path = `${"d".repeat(200)}/${"f".repeat(120)}`;
    const link = "l".repeat(300);
    const entry = readOne(tarEntry({ path, type: "2", link, dialect: "gnu" }));
    assert.deepEqual([entry.path, entry.linkPath], [path, link]);
  });

  it("reads GNU base-256 numbers, negative ones too", () => {
    const entry = readOne(
      tarEntry({ path: "x", base256: true, uid: 4_294_967_295, gid: 3_000_000, mtime: -5 }),
    );
    assert.deepEqual([entry.uid, entry.gid, entry.mtimeSeconds], [4_294_967_295, 3_000_000, -5]);
  });

  it("lets PAX records override the header", () => {
    const entry = readOne(
      tarEntry({
        path: "short",
        content: "12345678",
        claimedSize: 3,
        pax: [
          ["path", "a/longer/ünï/path"],
          ["size", "8"],
          ["uid", "4294967295"],
          ["gid", "4294967294"],
          ["mtime", "1700000000.25"],
        ],
      }),
    );
    assert.equal(Buffer.from(entry.path, "latin1").toString(), "a/longer/ünï/path");
    assert.deepEqual([entry.uid, entry.gid], [4_294_967_295, 4_294_967_294]);
    assert.deepEqual([entry.mtimeSeconds, entry.mtimeNanoseconds], [1_700_000_000, 250_000_000]);
    assert.equal(entry.content, "12345678");
  });

  it("counts times before 1970 down, with the fraction up", () => {
    const times = ["-1.25", "-1", "-0.000000001", "5.1234567899"].map((mtime) => {
      const entry = readOne(tarEntry({ path: "x", pax: [["mtime", mtime]] }));
      return [entry.mtimeSeconds, entry.mtimeNanoseconds];
    });
    const expected = [
      [-2, 750_000_000],
      [-1, 0],
      [-1, 999_999_999],
      [5, 123_456_789],
    ];
    assert.deepEqual(times, expected);
  });

  it("keeps binary attribute values and names that are no text", () => {
    const value = Buffer.from([0, 1, 0x80, 0xff, 0x0a, 0x3d, 0]);
    const entry = readOne(
      tarEntry({
        path: Buffer.from([0x78, 0xe9, 0xff]),
        pax: [
          ["SCHILY.xattr.security.capability", value],
          ["LIBARCHIVE.xattr.user.a%3Db", value.toString("base64").replace(/=+$/, "")],
          ["LIBARCHIVE.xattr.security.capability", "AA=="],
        ],
      }),
    );
    assert.equal(entry.path, "x\u00e9\u00ff");
    const xattrs = entry.xattrs.map(({ name, value: bytes }) => [name, Buffer.from(bytes)]);
    assert.deepEqual(xattrs, [
      ["user.a=b", value],
      ["security.capability", value],
    ]);
  });

  it("applies a global header to all entries, but no name or size", () => {
    const archive = Buffer.concat([
      paxHeader(
        [
          ["uid", "7"],
          ["path", "everything"],
          ["size", "99"],
        ],
        "g",
      ),
      tarEntry({ path: "a", content: "1" }),
      tarEntry({ path: "b", pax: [["uid", "8"]] }),
      tarEntry({ path: "c", pax: [["uid", ""]], uid: 9 }),
      Buffer.alloc(1024),
    ]);
    assert.deepEqual(
      read(archive).map(({ path, uid }) => [path, uid]),
      [
        ["a", 7],
        ["b", 8],
        ["c", 9],
      ],
    );
  });

  it("reads sparse files of every form as the same file", () => {
    const whole = `${"\0".repeat(1000)}ABC${"\0".repeat(500)}DE${"\0".repeat(3000)}`;
    const map = "1000,3,1503,2";
    const size = String(whole.length);
    const v00 = tarEntry({
      path: "GNUSparseFile.1/x",
      content: "ABCDE",
      pax: [
        ["GNU.sparse.size", size],
        ["GNU.sparse.numblocks", "2"],
        ["GNU.sparse.offset", "1000"],
        ["GNU.sparse.numbytes", "3"],
        ["GNU.sparse.offset", "1503"],
        ["GNU.sparse.numbytes", "2"],
      ],
    });
    const v01 = tarEntry({
      path: "GNUSparseFile.1/x",
      content: "ABCDE",
      pax: [
        ["GNU.sparse.size", size],
        ["GNU.sparse.map", map],
        ["GNU.sparse.name", "x"],
      ],
    });
    const mapBlock = Buffer.alloc(512);
    mapBlock.write("2\n1000\n3\n1503\n2\n");
    const v10 = tarEntry({
      path: "GNUSparseFile.1/x",
      content: Buffer.concat([mapBlock, Buffer.from("ABCDE")]),
      pax: [
        ["GNU.sparse.major", "1"],
        ["GNU.sparse.minor", "0"],
        ["GNU.sparse.name", "x"],
        ["GNU.sparse.realsize", size],
      ],
    });
    for (const archive of [
      v00,
      v01,
      v10,
      gnuSparse(whole.length, [
        [1000, 3],
        [1503, 2],
      ]),
    ]) {
      assert.equal(readOne(archive).content, whole);
    }
    assert.deepEqual(
      [v01, v10].map((archive) => readOne(archive).path),
      ["x", "x"],
    );
  });

  it("reads old GNU sparse maps that go on in further blocks", () => {
    const runs = Array.from({ length: 30 }, (_, index) => [index * 10, 1] as const);
    const content = readOne(gnuSparse(300, runs)).content;
    assert.equal(content.length, 300);
    assert.equal([...content].filter((byte) => byte !== "\0").length, 30);
  });

  it("skips volume labels and the lists of dump directories", () => {
    const archive = Buffer.concat([
      tarEntry({ path: "label", type: "V" }),
      tarEntry({ path: "dir", type: "D", content: "Yname\0\0" }),
      tarEntry({ path: "file", content: "x" }),
      Buffer.alloc(1024),
    ]);
    assert.deepEqual(
      read(archive).map(({ path, kind, content }) => [path, kind, content]),
      [
        ["dir", "directory", ""],
        ["file", "file", "x"],
      ],
    );
  });

  it("ignores sizes that links and directories claim", () => {
    const entry = readOne(tarEntry({ path: "l", type: "1", link: "t", claimedSize: 5000 }));
    assert.equal(entry.sizeBytes, 0);
  });

  it("takes an archive without an end mark, an empty one, and anything after the mark", () => {
    assert.equal(read(tarEntry({ path: "a" })).length, 1);
    assert.equal(read(Buffer.alloc(0)).length, 0);
    assert.equal(read(Buffer.concat([tar([{ path: "a" }]), Buffer.from("garbage")])).length, 1);
  });
});

describe("tar reader: damaged and hostile archives", () => {
  const good = tarEntry({ path: "a", content: "hello" });

  it("refuses a header whose checksum is wrong", () => {
    const bad = Buffer.from(good);
    bad[0] = 0x62;
    refuses(bad, /checksum/);
  });

  it("refuses an archive that is cut anywhere but between entries", () => {
    for (const length of [1, 511, 513, 516, 1023]) refuses(good.subarray(0, length), /cut short/);
    refuses(paxHeader([["path", "x"]]).subarray(0, 600), /cut short/);
    refuses(Buffer.concat([good, Buffer.alloc(512)]), /cut short/);
  });

  it("refuses an archive that goes on after one block of zeros", () => {
    refuses(Buffer.concat([good, Buffer.alloc(512), good]), /after its end mark/);
  });

  it("refuses impossible sizes", () => {
    refuses(tarEntry({ path: "a", claimedSize: -1, base256: true }), /negative size/);
    const huge = [{ offset: 124, bytes: Buffer.from(`80${"ff".repeat(11)}`, "hex") }];
    refuses(tarEntry({ path: "a", raw: huge }), /too large/);
    refuses(tarEntry({ path: "a", pax: [["size", "99999999999999999"]] }), /not a number/);
    refuses(tarEntry({ path: "a", pax: [["size", "9999999999999999"]] }), /too large/);
    refuses(tarEntry({ path: "a", pax: [["size", "-5"]] }), /not a number/);
  });

  it("refuses extension headers beyond their limit without reading them", () => {
    for (const type of ["x", "g", "L", "K"]) {
      refuses(tarEntry({ path: "a", type, claimedSize: 1 << 30, base256: true }), /too large/);
    }
  });

  it("bounds what many global headers add up to", () => {
    const headers = Array.from({ length: 3 }, (_, index) =>
      paxHeader([[`comment${index}`, "x".repeat(500_000)]], "g"),
    );
    refuses(Buffer.concat(headers), /global extension headers are too large/);
  });

  it("refuses damaged PAX records", () => {
    for (const body of ["x", "5 a=b\n", "99 a=b\n", "6 a-bc\n", "6 a=bcd", "0 a=b\n", "7 =bcd\n"]) {
      refuses(tarEntry({ path: "h", type: "x", content: body }), /damaged/);
    }
  });

  it("refuses ids that are out of range", () => {
    refuses(tarEntry({ path: "a", pax: [["uid", "4294967296"]] }), /user id/);
    refuses(tarEntry({ path: "a", pax: [["gid", "many"]] }), /group id/);
  });

  it("refuses names with a zero byte", () => {
    refuses(tarEntry({ path: "a", pax: [["path", "a\0b"]] }), /zero byte/);
    refuses(tarEntry({ path: "a", type: "2", pax: [["linkpath", "a\0b"]] }), /zero byte/);
  });

  it("refuses unknown types and continuation volumes", () => {
    refuses(tarEntry({ path: "a", type: "Z" }), /unknown type "Z"/);
    refuses(tarEntry({ path: "a", type: "M" }), /unknown type "M"/);
  });

  it("refuses sparse maps that lie", () => {
    const sparse = (map: string, size = "100", content = "AB") =>
      tarEntry({
        path: "s",
        content,
        pax: [
          ["GNU.sparse.size", size],
          ["GNU.sparse.map", map],
        ],
      });
    refuses(sparse("0,2", "1"), /does not fit/);
    refuses(sparse("50,1,10,1"), /does not fit/);
    refuses(sparse("0,1"), /does not match/);
    refuses(sparse("0,2,5"), /damaged/);
    refuses(sparse("0,x"), /not a number/);
    refuses(tarEntry({ path: "s", pax: [["GNU.sparse.map", "0,0"]] }), /has no size/);
    const noMap = [
      ["GNU.sparse.major", "1"],
      ["GNU.sparse.minor", "0"],
    ] as const;
    refuses(tarEntry({ path: "s", content: "5\n1\n", pax: noMap }), /cut short/);
  });

  it("says nothing but typed errors about text that is no archive", () => {
    refuses(Buffer.alloc(2048, "not a tar archive "), /damaged|checksum/);
  });
});

/** An old GNU sparse file: each run is filled with letters. */
function gnuSparse(size: number, runs: readonly (readonly [number, number])[]): Buffer {
  const fields = (list: readonly (readonly [number, number])[]) =>
    Buffer.concat(
      list.map(([offset, length]) => {
        const field = (value: number) => `${value.toString(8).padStart(11, "0")}\0`;
        return Buffer.from(field(offset) + field(length), "latin1");
      }),
    );
  const content = Buffer.from("ABCDE".repeat(10)).subarray(
    0,
    runs.reduce((sum, [, length]) => sum + length, 0),
  );
  const raw = [
    { offset: 386, bytes: fields(runs.slice(0, 4)) },
    { offset: 482, bytes: Buffer.from([runs.length > 4 ? 1 : 0]) },
    { offset: 483, bytes: Buffer.from(`${size.toString(8).padStart(11, "0")}\0`) },
  ];
  const whole = tarEntry({ path: "x", type: "S", dialect: "gnu", content, raw });
  const extensions: Buffer[] = [];
  for (let at = 4; at < runs.length; at += 21) {
    const block = Buffer.alloc(512);
    block.set(fields(runs.slice(at, at + 21)));
    block[504] = at + 21 < runs.length ? 1 : 0;
    extensions.push(block);
  }
  return Buffer.concat([whole.subarray(0, 512), ...extensions, whole.subarray(512)]);
}
