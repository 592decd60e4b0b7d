import assert from "node:assert/strict";
import { test } from "node:test";
import { processorIdentity } from "#helper/warm/key.ts";

const processor = (changes: Record<string, string> = {}) =>
  Object.entries({
    processor: "0",
    vendor_id: "GenuineIntel",
    microcode: "0x1",
    "cpu MHz": "2000.000",
    flags: "fpu vme",
    ...changes,
  })
    .map(([key, value]) => `${key}\t: ${value}`)
    .join("\n");

test("a processor is known by what it can, not by its present clock rate", () => {
  const text = `${processor()}\n\n${processor({ processor: "1" })}\n`;
  const identity = processorIdentity(text);
  assert.equal(identity, "vendor_id\t: GenuineIntel\nmicrocode\t: 0x1\nflags\t: fpu vme");
  assert.equal(processorIdentity(processor({ "cpu MHz": "3000" })), identity);
  assert.notEqual(processorIdentity(processor({ microcode: "0x2" })), identity);
  assert.notEqual(processorIdentity(processor({ flags: "fpu" })), identity);
});
