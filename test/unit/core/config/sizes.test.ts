import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatSize, parseSize } from "#core/config/sizes.ts";

const kib = 1024;
const mib = kib * 1024;
const gib = mib * 1024;

const accepted: [string, number][] = [
  ["0 B", 0],
  ["1b", 1],
  ["7 bytes", 7],
  ["1 byte", 1],
  ["1k", kib],
  ["1 KB", kib],
  ["1KiB", kib],
  ["2 kilobytes", 2 * kib],
  ["512M", 512 * mib],
  ["512 MB", 512 * mib],
  ["4096MB", 4 * gib],
  ["1 MegaBytes", mib],
  ["2G", 2 * gib],
  ["2GiB", 2 * gib],
  ["4GB", 4 * gib],
  ["4 gb", 4 * gib],
  ["4 GiB", 4 * gib],
  ["4   gigabytes", 4 * gib],
  ["  4 GB  ", 4 * gib],
  ["1.5 GB", 1.5 * gib],
  ["0.5g", 0.5 * gib],
  [".5 G", 0.5 * gib],
  ["1 TB", 1024 * gib],
  ["1T", 1024 * gib],
  ["2 TiB", 2048 * gib],
  ["1 terabyte", 1024 * gib],
];

for (const [text, bytes] of accepted) {
  test(`${JSON.stringify(text)} is ${bytes} bytes`, () => {
    assert.equal(parseSize(text), bytes);
  });
}

const rejected = ["", "4", "GB", "4 XB", "-1 GB", "1.GB", "1,5 GB", "1e3 GB", "4 GB x", "4 G B"];
for (const text of [...rejected, "9007199254740993 B", "9000000 TB", "1_000 MB", "٤ GB", "+1 GB"]) {
  test(`${JSON.stringify(text)} is no size`, () => {
    assert.equal(parseSize(text), undefined);
  });
}

test("sizes are shown in the largest unit that divides them", () => {
  const shown = [0, 1, 1023, 1024, 1536, 512 * mib, 1.5 * gib, 4 * gib, 1024 * gib].map(formatSize);
  assert.deepEqual(shown, [
    ...["0 B", "1 B", "1023 B", "1 KiB", "1536 B"],
    ...["512 MiB", "1536 MiB", "4 GiB", "1024 GiB"],
  ]);
});

test("property: what is shown reads as the same size", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      assert.equal(parseSize(formatSize(bytes)), bytes);
    }),
  );
});
