import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentParts } from "#core/language/model/recent.ts";

test("a part is read once, and again only long after nobody has asked for it", () => {
  const parts = new RecentParts<number>();
  const read: string[] = [];
  const of = (part: string) => parts.of(part, () => read.push(part));
  of("a");
  of("b");
  for (const letter of "cdefghij") {
    of(letter.repeat(400_000));
    of("a");
  }
  read.length = 0;
  of("a");
  of("b");
  assert.deepEqual(read, ["b"], "what is asked for stays");
});
