import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readTar as read } from "#test/support/readTar.ts";
import { type TarInput, tar } from "#test/support/tar.ts";

describe("tar reader: properties", () => {
  const inputs = fc.array(
    fc.record({
      path: fc.oneof(
        fc.string({ minLength: 1, maxLength: 60 }).map((text) => text.replaceAll("\0", "_")),
        fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => bytes.map((b) => b || 1)),
      ),
      content: fc.uint8Array({ maxLength: 2000 }),
      uid: fc.nat(4_294_967_295),
      mtime: fc.integer({ min: -1e9, max: 1e10 }),
      dialect: fc.constantFrom("ustar" as const, "gnu" as const),
      xattr: fc.option(fc.uint8Array({ maxLength: 300 })),
    }),
    { maxLength: 8 },
  );

  it("finds the same entries however the bytes are cut", () => {
    fc.assert(
      fc.property(
        inputs,
        fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 60 }),
        (given, cuts) => {
          const archive = tar(given.map(toInput));
          assert.deepEqual(read(archive, cuts), read(archive));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("gives back what the writer was given", () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const files = given.filter(
          ({ path }) => !Buffer.from(path).toString("latin1").endsWith("/"),
        );
        const entries = read(tar(files.map(toInput)));
        for (const [index, { path, content, uid, mtime }] of files.entries()) {
          assert.equal(entries[index]?.path, Buffer.from(path).toString("latin1"));
          assert.equal(entries[index]?.content, Buffer.from(content).toString("latin1"));
          assert.equal(entries[index]?.uid, uid);
          assert.equal(entries[index]?.mtimeSeconds, mtime);
        }
      }),
      { numRuns: 300 },
    );
  });

  function toInput({
    xattr,
    ...input
  }: Omit<TarInput, "pax"> & { xattr: Uint8Array | null }): TarInput {
    const base256 = input.dialect === "gnu";
    if (xattr === null) return { ...input, base256 };
    return { ...input, base256, pax: [["SCHILY.xattr.user.x", xattr]] };
  }
});
