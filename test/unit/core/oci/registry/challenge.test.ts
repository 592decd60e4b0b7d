import assert from "node:assert/strict";
import { test } from "node:test";
import { parseChallenges } from "#core/oci/registry/challenge.ts";

test("challenges are read with their parameters, whatever their spelling", () => {
  const cases: [string, unknown][] = [
    [
      'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push"',
      [
        {
          scheme: "bearer",
          parameters: {
            realm: "https://auth.example/token",
            service: "registry",
            scope: "repository:a/b:pull,push",
          },
        },
      ],
    ],
    ["basic Realm=plain", [{ scheme: "basic", parameters: { realm: "plain" } }]],
    [
      'Basic realm="a \\"b\\"", Bearer realm = "c" , service="d"',
      [
        { scheme: "basic", parameters: { realm: 'a "b"' } },
        { scheme: "bearer", parameters: { realm: "c", service: "d" } },
      ],
    ],
    ["Negotiate", [{ scheme: "negotiate", parameters: {} }]],
    ["", []],
    ['="', []],
  ];
  for (const [header, expected] of cases) assert.deepEqual(parseChallenges(header), expected);
});

test("a long malformed header takes no time", () => {
  const startedAt = performance.now();
  parseChallenges(`Bearer realm="${"\\".repeat(16_000)}`);
  parseChallenges(`Bearer ${", ".repeat(16_000)}=`);
  assert.ok(performance.now() - startedAt < 500);
});
