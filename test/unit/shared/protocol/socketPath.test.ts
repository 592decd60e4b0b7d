import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { maxSocketPathBytes, socketPath } from "#shared/protocol/socketPath.ts";

const sha256hex = (text: string) => createHash("sha256").update(text).digest("hex");
const pathFor = (sandboxDir: string) =>
  socketPath({ sandboxDir, cacheDir: "/home/u/.cache/airlock", sha256hex });

test("a socket lies beside the state while its path fits", () => {
  assert.equal(pathFor("/p/.airlock/sandbox"), "/p/.airlock/sandbox/cli.sock");
  const longest = `/${"x".repeat(maxSocketPathBytes - "/cli.sock".length - 1)}`;
  assert.equal(pathFor(longest), `${longest}/cli.sock`);
});

test("one byte more sends it to the cache, named by the directory's hash", () => {
  const directory = `/${"x".repeat(maxSocketPathBytes - "/cli.sock".length)}`;
  const digits = sha256hex(directory).slice(0, 16);
  assert.equal(pathFor(directory), `/home/u/.cache/airlock/sock/${digits}.sock`);
});

test("length counts bytes of UTF-8, not characters", () => {
  for (const character of ["é", "€", "🐻"]) {
    const bytes = Buffer.byteLength(character);
    const fitting = `/${character.repeat(Math.floor((maxSocketPathBytes - 10) / bytes))}`;
    assert.ok(pathFor(fitting).startsWith(fitting), `${character} fits`);
    assert.ok(pathFor(`${fitting}${character}`).includes("/sock/"), `${character} does not`);
  }
});
