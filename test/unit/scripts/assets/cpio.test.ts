import assert from "node:assert/strict";
import { test } from "node:test";
import { writeCpio } from "../../../../scripts/assets/cpio.ts";

/** Lists an archive as `mode path content`. */
function list(archive: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < archive.length; ) {
    const field = (index: number): number =>
      Number.parseInt(archive.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    assert.equal(archive.toString("latin1", at, at + 6), "070701");
    const nameEnd = at + 110 + field(11);
    const name = archive.toString("utf8", at + 110, nameEnd - 1);
    const content = Math.ceil(nameEnd / 4) * 4;
    lines.push(
      `${field(1).toString(8)} ${name} ${archive.toString("utf8", content, content + field(6))}`.trim(),
    );
    at = Math.ceil((content + field(6)) / 4) * 4;
  }
  return lines;
}

test("an archive lists parents first and ends with the trailer", () => {
  const archive = writeCpio([
    { path: "sbin/tool", type: "file", content: Buffer.from("tool"), executable: true },
    { path: "init", type: "file", content: Buffer.from("x"), executable: true },
    { path: "lib/a/b", type: "symlink", target: "../c" },
    { path: "lib/plain", type: "file", content: Buffer.from("ü") },
    { path: "dev", type: "directory" },
  ]);
  assert.deepEqual(list(archive), [
    "40755 dev",
    "100755 init x",
    "40755 lib",
    "40755 lib/a",
    "120777 lib/a/b ../c",
    "100644 lib/plain ü",
    "40755 sbin",
    "100755 sbin/tool tool",
    "0 TRAILER!!!",
  ]);
  assert.equal(archive.length % 4, 0);
});

test("the same entries in another order make the same archive", () => {
  const a = { path: "a", type: "directory" } as const;
  const b = { path: "b/c", type: "symlink", target: "x" } as const;
  assert.deepEqual(writeCpio([a, b]), writeCpio([b, a]));
});
