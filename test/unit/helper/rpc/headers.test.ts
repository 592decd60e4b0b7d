import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LeanHeaders } from "#helper/rpc/headers.ts";

const name = fc.constantFrom("a", "A", "x-b", "X-B", "content-type", "Trailer-Z");
const value = fc.stringMatching(/^[ -~]{0,8}$/);
const call = fc.constantFrom("append" as const, "set" as const, "delete" as const);

/** All that can be read of them. */
function contentOf(headers: Headers | LeanHeaders) {
  const visited: string[] = [];
  headers.forEach((text: string, key: string) => {
    visited.push(`${key}: ${text}`);
  });
  const looked = ["A", "x-b", "none"].map((key) => [headers.get(key), headers.has(key)]);
  return { visited, looked, entries: [...headers], iterated: [...headers.entries()] };
}

test("headers hold what the web's hold", () => {
  const steps = fc.array(fc.tuple(call, name, value));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), steps, (init, changes) => {
      const [own, web] = [new LeanHeaders(init), new Headers(init)];
      for (const [method, key, text] of changes) {
        own[method](key, text);
        web[method](key, text);
      }
      assert.deepEqual(contentOf(own), contentOf(web));
      assert.deepEqual(contentOf(new LeanHeaders(own)), contentOf(new Headers(web)));
    }),
  );
});

test("headers are made of an object, too", () => {
  const init = { B: "2", a: " 1 " };
  assert.deepEqual(contentOf(new LeanHeaders(init)), contentOf(new Headers(init)));
});
