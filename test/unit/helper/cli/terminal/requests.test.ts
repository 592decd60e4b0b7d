import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { RequestQueue } from "#helper/cli/terminal/requests.ts";

test("requests leave in the order in which they were made, then the input's end", async () => {
  const queue = new RequestQueue();
  queue.push({ request: { case: "resize", value: { rows: 1, columns: 2 } } });
  const pumped = queue.pump(Readable.from([Buffer.from("a"), Buffer.from("b")]));
  const seen: string[] = [];
  for await (const { request } of queue) {
    seen.push(request?.case ?? "");
    if (request?.case === "stdinEnd") queue.end();
  }
  await pumped;
  assert.deepEqual(seen, ["resize", "stdin", "stdin", "stdinEnd"]);
});

test("input is read no faster than requests leave", async () => {
  let read = 0;
  const input = Readable.from(
    (function* () {
      for (; read < 100; read++) yield Buffer.alloc(1);
    })(),
    { highWaterMark: 1 },
  );
  const queue = new RequestQueue();
  const pumped = queue.pump(input);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(read < 5, `${read} chunks were read`);
  queue.end();
  await pumped;
});
