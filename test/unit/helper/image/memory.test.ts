import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { giveBack } from "#helper/image/memory.ts";

describe("memory that is given back", {
  skip: "transfer" in ArrayBuffer.prototype ? false : "this Node cannot give memory back",
}, () => {
  it("is that of a whole buffer, also of one as large as Node's own", () => {
    for (const size of [1 << 20, Buffer.poolSize]) {
      const bytes = Buffer.allocUnsafeSlow(size);
      giveBack(bytes);
      assert.equal(bytes.length, 0);
    }
  });

  it("goes with the last of the parts of a buffer", () => {
    const bytes = Buffer.allocUnsafeSlow(1 << 20);
    giveBack(bytes.subarray(0, 1000));
    assert.equal(bytes.length, 1 << 20);
    giveBack(bytes.subarray(1000));
    assert.equal(bytes.length, 0);
  });

  it("is never what small buffers share", () => {
    const small = Array.from({ length: 3000 }, (_, index) => Buffer.from(`buffer ${index}`));
    for (const bytes of small.filter((_, index) => index % 2 === 0)) giveBack(bytes);
    for (const [index, bytes] of small.entries()) assert.equal(String(bytes), `buffer ${index}`);
  });
});
