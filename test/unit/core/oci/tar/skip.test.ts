import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TarReader } from "#core/oci/tar/reader.ts";
import { tar } from "#test/support/tar.ts";

const nothing = () => undefined;

describe("leaving out the content of an archive", () => {
  it("shows every entry, and content only where it was pushed", () => {
    const archive = tar([
      { path: "a", content: "x".repeat(700) },
      { path: "d/", type: "5" },
      { path: "b", content: "y".repeat(10) },
      { path: `${"long/".repeat(40)}name`, content: "z".repeat(512) },
      { path: "empty" },
    ]);
    const seen: string[] = [];
    const reader = new TarReader({
      entry: ({ path }) => seen.push(path.slice(-6)),
      data: (bytes) => seen.push(`${bytes.length} bytes`),
      zeros: () => undefined,
      end: () => seen.push("end"),
    });
    for (let at = 0; at < archive.length; ) {
      const count = reader.skippableBytes;
      // Of the first file, the beginning is looked at.
      if (count === 0 || seen.length === 1) {
        reader.push(archive.subarray(at, at + 512));
        at += 512;
      } else {
        reader.skip(count);
        at += count;
      }
    }
    reader.finish();
    const files = [
      "a",
      "512 bytes",
      "end",
      "d/",
      "end",
      "b",
      "end",
      "g/name",
      "end",
      "empty",
      "end",
    ];
    assert.deepEqual(seen, files);
  });

  it("is possible only where there is content", () => {
    const reader = new TarReader({ entry: nothing, data: nothing, zeros: nothing, end: nothing });
    assert.equal(reader.skippableBytes, 0);
    assert.throws(() => reader.skip(1), { code: "tar" });
  });
});
