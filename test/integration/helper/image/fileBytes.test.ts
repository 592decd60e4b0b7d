import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileBytes } from "#helper/image/fileBytes.ts";

describe("the bytes of a file", () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-bytes-"));
  const path = join(scratch, "file");
  const content = randomBytes(3_500_000);
  writeFileSync(path, content);
  after(() => rmSync(scratch, { recursive: true, force: true }));

  it("come in pieces that are good until the next but one is asked for", async () => {
    const handle = await open(path);
    try {
      const copies: Buffer[] = [];
      let last: Uint8Array = Buffer.alloc(0);
      for await (const piece of fileBytes(handle)) {
        copies.push(Buffer.from(last));
        last = piece;
      }
      assert.ok(Buffer.concat([...copies, last]).equals(content));
    } finally {
      await handle.close();
    }
  });

  it("can be those of a part", async () => {
    const handle = await open(path);
    try {
      const pieces: Buffer[] = [];
      for await (const piece of fileBytes(handle, { start: 1000, end: 1_500_000 })) {
        pieces.push(Buffer.from(piece));
      }
      assert.ok(Buffer.concat(pieces).equals(content.subarray(1000, 1_500_000)));
    } finally {
      await handle.close();
    }
  });
});
