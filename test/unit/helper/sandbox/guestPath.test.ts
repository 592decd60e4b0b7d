import assert from "node:assert/strict";
import { test } from "node:test";
import { guestDirectory } from "#helper/sandbox/guestPath.ts";

const cases = [
  { host: "/p", guest: "/inside", expected: "/inside" },
  { host: "/p/a/b", guest: "/inside", expected: "/inside/a/b" },
  { host: "/p/..a", guest: "/inside", expected: "/inside/..a" },
  { host: "/other", guest: "/inside", expected: "/other" },
  { host: "/", guest: "/inside", expected: "/" },
];

for (const { host, guest, expected } of cases) {
  test(`${host} is ${expected} in a guest that has /p at ${guest}`, () => {
    assert.equal(guestDirectory("/p", guest, host), expected);
  });
}
