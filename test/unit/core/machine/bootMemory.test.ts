import assert from "node:assert/strict";
import { test } from "node:test";
import { bootMemory } from "#core/machine/bootMemory.ts";

const mebibyte = 2 ** 20;

const cases = [
  { arch: "x64", size: 512, expected: ["0–80", "480–512"] },
  { arch: "x64", size: 2048, expected: ["0–80", "2016–2048"] },
  { arch: "x64", size: 2815, expected: ["0–80", "2783–2815"] },
  // From here on a q35 has 2 GiB below the devices, and the rest above.
  { arch: "x64", size: 2816, expected: ["0–80", "2016–2048"] },
  { arch: "x64", size: 16_384, expected: ["0–80", "2016–2048"] },
  { arch: "x64", size: 64, expected: ["0–64", "32–64"] },
  { arch: "arm64", size: 512, expected: ["0–80", "128–160"] },
  { arch: "arm64", size: 128, expected: ["0–80", "64–96"] },
  { arch: "arm64", size: 48, expected: ["0–48", "24–48"] },
] as const;

for (const { arch, size, expected } of cases) {
  test(`what the boot of an ${arch} machine of ${size} MiB leaves behind is where it was put`, () => {
    const ranges = bootMemory({ arch, memoryBytes: size * mebibyte });
    const texts = ranges.map(({ from, to }) => `${from / mebibyte}–${to / mebibyte}`);
    assert.deepEqual(texts, expected);
  });
}
