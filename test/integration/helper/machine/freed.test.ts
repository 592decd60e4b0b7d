import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forgetFreed } from "#helper/machine/memory/freed.ts";
import { tempTree } from "#test/support/tempTree.ts";

const pageBytes = 4096;
const poisoned = Buffer.alloc(pageBytes, 0xcc);
const zeros = Buffer.alloc(pageBytes);
const used = Buffer.alloc(pageBytes, "in use");
/** A page that differs from a poisoned one in one byte. */
const almost = (at: number) => {
  const page = Buffer.from(poisoned);
  page[at] = 0;
  return page;
};

test("pages that the kernel has poisoned become zeros, and no others", async (t) => {
  const kept = [used, almost(0), almost(pageBytes - 1), zeros];
  const path = join(tempTree(t, {}), "memory");
  writeFileSync(path, Buffer.concat([poisoned, ...kept, poisoned, poisoned, used, poisoned]));
  await forgetFreed(path, [{ from: 0, to: 8 * pageBytes }]);
  const expected = Buffer.concat([zeros, ...kept, zeros, zeros, used, poisoned]);
  assert.ok(readFileSync(path).equals(expected));
});

test("the ranges may be longer than what is read at once, lie apart, and end behind the memory", async (t) => {
  const path = join(tempTree(t, {}), "memory");
  const pages = 3000;
  writeFileSync(path, Buffer.alloc(pages * pageBytes, 0xcc));
  const ranges = [
    { from: 0, to: 2000 * pageBytes },
    { from: 2500 * pageBytes, to: 5000 * pageBytes },
  ];
  await forgetFreed(path, ranges);
  const memory = readFileSync(path);
  assert.equal(memory.length, pages * pageBytes);
  for (let page = 0; page < pages; page++) {
    const isForgotten = page < 2000 || page >= 2500;
    assert.equal(memory[page * pageBytes], isForgotten ? 0 : 0xcc, `page ${page}`);
  }
});
