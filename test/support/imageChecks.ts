// Checks of many small images: our own strict reader for each, fsck.erofs in batches for some.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readErofs } from "./erofsReader.ts";

const batch = 100;
const script = `for image; do fsck.erofs "$image" >"$image.log" 2>&1 || { echo "$image"; cat "$image.log"; exit 1; }; done`;

export class ImageChecks {
  /** Images read so far. */
  count = 0;
  readonly #fsckRuns: number;
  #waiting: Buffer[] = [];
  #taken = 0;

  /** `fsckRuns` of the images are given to fsck.erofs too: the first ones, and then ever fewer. */
  constructor(fsckRuns: number) {
    this.#fsckRuns = fsckRuns;
  }

  /** Reads an image, which has to be valid, and returns what is in it. */
  add(image: Buffer): ReturnType<typeof readErofs> {
    this.count += 1;
    const isDue = this.count <= this.#fsckRuns / 2 || this.count % 97 === 0;
    if (isDue && this.#taken < this.#fsckRuns) {
      this.#taken += 1;
      this.#waiting.push(Buffer.from(image));
      if (this.#waiting.length === batch) this.finish();
    }
    return readErofs(image);
  }

  /** Checks what waits for fsck.erofs. */
  finish(): void {
    if (this.#waiting.length === 0) return;
    const scratch = mkdtempSync(join(tmpdir(), "airlock-fuzz-"));
    try {
      const paths = this.#waiting.map((image, index) => {
        const path = join(scratch, String(index));
        writeFileSync(path, image);
        return path;
      });
      const { error, status, stdout } = spawnSync("sh", ["-c", script, "fsck", ...paths]);
      assert.equal(error, undefined);
      assert.equal(status, 0, `fsck.erofs of the package erofs-utils: ${stdout}`);
    } finally {
      rmSync(scratch, { recursive: true });
    }
    this.#waiting = [];
  }
}
