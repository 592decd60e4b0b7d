import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { envelope, envelopes } from "#helper/rpc/exec/envelopes.ts";

async function* cut(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const length of lengths) {
    yield bytes.subarray(at, at + length);
    at += length;
  }
  yield bytes.subarray(at);
}

async function messages(chunks: AsyncIterable<Buffer>, longestBytes = 1000): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const { message } of envelopes(chunks, longestBytes)) all.push(message);
  return all;
}

test("messages arrive whole, wherever the stream was cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 30 })),
      fc.array(fc.nat({ max: 12 })),
      async (sent, lengths) => {
        const bytes = Buffer.concat(sent.map((one) => envelope(one)));
        const arrived = await messages(cut(bytes, lengths));
        assert.deepEqual(
          arrived,
          sent.map((one) => Buffer.from(one)),
        );
      },
    ),
  );
});

test("the last envelope is marked", async () => {
  const bytes = Buffer.from([2, 0, 0, 0, 2, 0x7b, 0x7d]);
  for await (const one of envelopes(cut(bytes, []), 10)) {
    assert.deepEqual(one, { last: true, message: Buffer.from("{}") });
  }
});

test("a message that is too long, compressed or cut off is refused", async () => {
  const wrong: [Buffer, RegExp][] = [
    [envelope(Buffer.alloc(11)).subarray(0, 5), /11 bytes is too long/],
    [Buffer.from([1, 0, 0, 0, 0]), /compressed/],
    [envelope(Buffer.alloc(9)).subarray(0, 8), /ended within a message/],
  ];
  for (const [bytes, message] of wrong) {
    await assert.rejects(messages(cut(bytes, [3]), 10), { message });
  }
});
