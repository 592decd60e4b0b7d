import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { connectInDirectory, connectWhenListening } from "#helper/machine/unixSocket.ts";
import { tempTree } from "#test/support/tempTree.ts";

test("a socket is reached below a path longer than a socket's address", async (t) => {
  const directory = join(tempTree(t, {}), "d".repeat(120), "it's a, dir");
  mkdirSync(directory, { recursive: true });
  const server = createServer((socket) => socket.end("hello"));
  const previous = process.cwd();
  process.chdir(directory);
  await new Promise<void>((resolve) => server.listen("a.sock", resolve));
  process.chdir(previous);
  t.after(() => void server.close());
  const socket = await connectInDirectory(directory, "a.sock");
  assert.equal((await socket.toArray()).join(""), "hello");
});

test("waiting for a listener ends with the reason it is stopped with", async (t) => {
  const stop = new AbortController();
  const waiting = connectWhenListening(tempTree(t, {}), "never.sock", stop.signal);
  setTimeout(() => stop.abort(new Error("stopped")), 30);
  await assert.rejects(waiting, { message: "stopped" });
});
