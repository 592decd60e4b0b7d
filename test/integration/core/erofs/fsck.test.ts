import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { checkImage } from "#test/support/erofsTools.ts";
import { addFile, fillDirectory, plain, trees, writeErofs } from "#test/support/erofsTrees.ts";

describe("EROFS images and the format's own checker", () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-fsck-"));
  const path = join(scratch, "image.erofs");
  after(() => rmSync(scratch, { recursive: true }));

  it("fsck.erofs accepts any tree", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        writeFileSync(
          path,
          writeErofs((writer, root) => fillDirectory(writer, root, tree)),
        );
        checkImage(path);
      }),
      { numRuns: 40 },
    );
  });

  it("fsck.erofs accepts attributes and sizes at every limit", () => {
    const xattrs = [1, 2, 3, 4].map((index) => ({
      name: `user.${index}`.padEnd(255 + "user.".length, "n"),
      value: Buffer.alloc(65_000, index),
    }));
    writeFileSync(
      path,
      writeErofs((writer, root) => {
        for (const size of [0, 1, 4031, 4032, 4033, 4095, 4096, 4097]) {
          root.set(`f${size}`, addFile(writer, Buffer.alloc(size, "x")));
          root.set(`l${size}`, writer.addSymlink(plain, "t".repeat(Math.min(size + 1, 4095))));
        }
        root.set("attributes", addFile(writer, Buffer.from("x"), { ...plain, xattrs }));
      }),
    );
    checkImage(path);
  });
});
