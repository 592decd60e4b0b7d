// The largest memory of a process that converts an image, whatever the image: 200 MB, of which Node,
// the modules and their types being stripped are a hundred.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { promisify } from "node:util";

const limitMb = 200;
const child = join(import.meta.dirname, "convert.child.ts");

describe("memory of a conversion", () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-memory-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  for (const [name, count, what] of [
    ["files", 300_000, "300,000 files"],
    ["directories", 100_000, "100,000 directories"],
    ["links", 100_000, "one inode with 100,000 names"],
    ["gzip", 600, "a file of 600 MB, compressed"],
  ] as const) {
    it(`stays below ${limitMb} MB for ${what}`, async (test) => {
      const run = promisify(execFile)(process.execPath, [child, name, scratch, String(count)]);
      const { maxRssMb, outcome } = JSON.parse((await run).stdout) as {
        maxRssMb: number;
        outcome: string;
      };
      test.diagnostic(`${maxRssMb.toFixed(0)} MB`);
      assert.equal(outcome, "image");
      assert.ok(maxRssMb < limitMb, `${maxRssMb.toFixed(0)} MB`);
    });
  }
});
