import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  parseStartEvent,
  parseStatus,
  silentFailure,
  stateEventOf,
} from "#extension/sandboxes/startEvents.ts";
import type { StartEvent } from "#shared/protocol/status.ts";
import { fakeStatus } from "../../../support/fakeStatus.ts";

describe("a line of airlock start --json", () => {
  test("is parsed when it is an event", () => {
    const event: StartEvent = {
      event: "progress",
      phase: "image",
      text: "Reading layers",
      doneBytes: 1,
      totalBytes: 4,
    };
    assert.deepEqual(parseStartEvent(JSON.stringify(event)), event);
  });

  test("is refused when it is something else", () => {
    for (const line of ["", "hello", "{}", '{"event":"nonsense"}', "null"]) {
      assert.equal(parseStartEvent(line), undefined);
    }
  });
});

test("show's output is a status or nothing", () => {
  assert.equal(parseStatus(JSON.stringify(fakeStatus("/p")))?.path, "/p");
  assert.equal(parseStatus("No sandbox here."), undefined);
});

describe("a start event", () => {
  test("carries an amount only where both numbers are known", () => {
    const base = { event: "progress", phase: "image", text: "t" } as const;
    const amountOf = (doneBytes: number | null, totalBytes: number | null) => {
      const event = stateEventOf({ ...base, doneBytes, totalBytes });
      return event?.type === "progress" ? event.progress.amount : undefined;
    };
    assert.deepEqual(amountOf(1, 4), { doneBytes: 1, totalBytes: 4 });
    assert.equal(amountOf(1, null), null);
    assert.equal(amountOf(0, 0), null);
  });

  test("carries rate and time left in words", () => {
    const base = {
      event: "progress",
      phase: "image",
      text: "t",
      doneBytes: 1,
      totalBytes: 4,
    } as const;
    const event = stateEventOf({ ...base, bytesPerSecond: 2048, secondsLeft: 3 });
    assert.equal(event?.type === "progress" && event.progress.details, "2 KiB/s, 3 s left");
    const plain = stateEventOf(base);
    assert.ok(plain?.type === "progress" && !("details" in plain.progress));
  });

  test("with a cancellation is no failure", () => {
    const error = { event: "error", message: "m", hint: null, exitCode: 1 } as const;
    assert.deepEqual(stateEventOf({ ...error, code: "cancelled" }), { type: "cancelled" });
    // A question to the user is no failure.
    assert.deepEqual(stateEventOf({ ...error, code: "image-changed" }), { type: "cancelled" });
    assert.deepEqual(stateEventOf({ ...error, code: "disk" }), {
      type: "failed",
      failure: { code: "disk", message: "m", hint: null },
    });
  });

  test("with a notice says nothing about the state", () => {
    assert.equal(stateEventOf({ event: "notice", level: "info", text: "t" }), undefined);
  });
});

test("a silent failure quotes the end of what was printed, or the exit code", () => {
  assert.equal(silentFailure(1, "one\ntwo\nthree\nfour\n").message, "two\nthree\nfour");
  assert.match(silentFailure(7, "").message, /exit code 7/);
});
