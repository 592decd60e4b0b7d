import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { decodeResponse, encodeRequest } from "#helper/rpc/exec/messages.ts";
import {
  ExecRequestSchema,
  ExecResponseSchema,
} from "#shared/generated/airlock/agent/v1/agent_pb.js";

type Request = MessageInitShape<typeof ExecRequestSchema>;

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const size = fc.record({ rows: uint32, columns: uint32 });
const word = fc.string({ unit: "grapheme" });
const requests: fc.Arbitrary<Request> = fc
  .oneof(
    fc.record({ case: fc.constant("start" as const), value: startOf() }),
    fc.record({ case: fc.constant("stdin" as const), value: fc.uint8Array() }),
    fc.constant({ case: "stdinEnd" as const, value: {} }),
    fc.record({ case: fc.constant("resize" as const), value: size }),
    fc.record({ case: fc.constant("signal" as const), value: uint32 }),
  )
  .map((request) => ({ request }));

function startOf() {
  const all = {
    argv: fc.array(word),
    env: fc.array(word),
    cwd: word,
    terminal: size,
    login: fc.boolean(),
  };
  return fc.record(all, { requiredKeys: [] });
}

test("requests are written as the generated code writes them", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const expected = toBinary(ExecRequestSchema, create(ExecRequestSchema, request));
      assert.deepEqual(Buffer.from(encodeRequest(request)), Buffer.from(expected));
    }),
  );
});

test("answers are read as the generated code reads them", () => {
  const answers = fc.oneof(
    fc.record({ case: fc.constant("started" as const), value: fc.record({ pid: uint32 }) }),
    fc.record({ case: fc.constant("stdout" as const), value: fc.uint8Array() }),
    fc.record({ case: fc.constant("stderr" as const), value: fc.uint8Array() }),
    fc.record({
      case: fc.constant("exited" as const),
      value: fc.record({ code: uint32, signal: uint32 }),
    }),
  );
  fc.assert(
    fc.property(answers, (response) => {
      const bytes = toBinary(ExecResponseSchema, create(ExecResponseSchema, { response }));
      const read = decodeResponse(bytes);
      const { case: name, value } = response;
      const expected =
        value instanceof Uint8Array ? { case: name, bytes: value } : { case: name, ...value };
      assert.deepEqual(read, expected);
    }),
  );
});

test("what a newer guest adds is passed over", () => {
  assert.equal(decodeResponse(Uint8Array.of(0x2a, 1, 0xff)), undefined);
  assert.deepEqual(decodeResponse(Uint8Array.of(0x2a, 1, 0xff, 0x22, 4, 0x08, 7, 0x18, 9)), {
    case: "exited",
    code: 7,
    signal: 0,
  });
});

test("a message that is cut off throws", () => {
  const whole = toBinary(
    ExecResponseSchema,
    create(ExecResponseSchema, { response: { case: "stdout", value: new Uint8Array(300) } }),
  );
  for (let length = 1; length < whole.length; length++) {
    assert.throws(() => decodeResponse(whole.subarray(0, length)));
  }
});
