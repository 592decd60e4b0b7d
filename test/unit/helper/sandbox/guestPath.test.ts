import assert from "node:assert/strict";
import { test } from "node:test";
import { guestDirectory } from "#helper/sandbox/guestPath.ts";

const cases = [
  { host: "/p", guest: "/work", expected: "/work" },
  { host: "/p/a/b", guest: "/work", expected: "/work/a/b" },
  { host: "/p/..a", guest: "/work", expected: "/work/..a" },
  { host: "/other", guest: "/work", expected: "/other" },
  { host: "/", guest: "/work", expected: "/" },
];

for (const { host, guest, expected } of cases) {
  test(`${host} is ${expected} in a guest that has /p at ${guest}`, () => {
    assert.equal(guestDirectory("/p", guest, host), expected);
  });
}
