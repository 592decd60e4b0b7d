import assert from "node:assert/strict";
import { test } from "node:test";
import { EventQueue } from "#helper/sandbox/supervisor/eventQueue.ts";

test("a queue delivers what was pushed before its end, and nothing after", async () => {
  const queue = new EventQueue<number>((item) => item);
  queue.push(1);
  setImmediate(() => {
    queue.push(2);
    queue.end();
    queue.push(3);
  });
  const seen: number[] = [];
  for await (const item of queue.drain()) seen.push(item);
  assert.deepEqual(seen, [1, 2]);
});

test("a watcher that reads late gets everything in order", async () => {
  const queue = new EventQueue<number>((item) => item % 3);
  const pushed = Array.from({ length: 200 }, (_, index) => index);
  for (const item of pushed) queue.push(item);
  queue.end();
  assert.deepEqual(await read(queue), pushed);
});

test("a watcher that never reads costs a bounded queue, and finds the newest of each kind", async () => {
  const queue = new EventQueue<number>((item) => item % 3);
  for (let item = 0; item < 100_000; item++) queue.push(item);
  queue.end();
  const kept = await read(queue);
  assert.ok(kept.length <= 256, `${kept.length} were kept`);
  assert.deepEqual(kept.slice(-3), [99_997, 99_998, 99_999]);
  assert.deepEqual(
    kept,
    [...kept].sort((a, b) => a - b),
  );
});

async function read(queue: EventQueue<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of queue.drain()) items.push(item);
  return items;
}
