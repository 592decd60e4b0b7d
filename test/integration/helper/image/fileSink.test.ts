import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { FileSink } from "#helper/image/fileSink.ts";

const megabyte = 1 << 20;

describe("writing an image's file", () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-sink-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  async function withFile<T>(work: (handle: FileHandle, path: string) => Promise<T>): Promise<T> {
    const path = join(scratch, "image");
    const handle = await open(path, "w");
    try {
      return await work(handle, path);
    } finally {
      await handle.close();
    }
  }

  async function write(sink: FileSink, megabytes: number): Promise<void> {
    for (let count = 0; count < megabytes; count += 1) {
      sink.write(Buffer.alloc(megabyte, count + 1));
      await sink.drain();
    }
  }

  it("lets the disk begin long before the end", async (test) => {
    await withFile(async (handle, path) => {
      const datasync = test.mock.method(handle, "datasync");
      const sink = new FileSink(handle);
      await write(sink, 100);
      const early = datasync.mock.callCount();
      await sink.finish();
      assert.ok(early >= 1, "it began only at the end");
      assert.equal(sink.sizeBytes, 100 * megabyte);
      const content = readFileSync(path);
      assert.ok(content.subarray(99 * megabyte).equals(Buffer.alloc(megabyte, 100)));
    });
  });

  it("fails when the disk has lost something on the way, although it says so only once", async (test) => {
    await withFile(async (handle) => {
      test.mock.method(handle, "datasync", () => Promise.reject(new Error("EIO")), { times: 1 });
      const sink = new FileSink(handle);
      await assert.rejects(async () => {
        await write(sink, 60);
        await sink.finish();
      }, /EIO/);
    });
  });
});
