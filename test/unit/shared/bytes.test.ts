import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAmount, formatBytes } from "#shared/bytes.ts";

test("bytes are shown with three digits and a binary unit", () => {
  const shown = [0, 1023, 1024, 1536, 300 * 2 ** 20, 2 ** 31, 5 * 2 ** 40].map(formatBytes);
  assert.deepEqual(shown, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "300 MiB", "2 GiB", "5 TiB"]);
});

test("an amount names both ends", () => {
  assert.equal(formatAmount({ doneBytes: 2 ** 20, totalBytes: 2 ** 22 }), "1 MiB of 4 MiB");
});
