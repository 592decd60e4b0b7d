import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, formatLogRecord, type LogRecord } from "#shared/log.ts";

test("a logger drops what is below its level and tells its target", () => {
  const seen: LogRecord[] = [];
  const log = createLogger("host", "info", [(record) => seen.push(record)]);
  log.debug("hidden");
  log.info("one");
  log.for("guest.agent").error("two");
  assert.deepEqual(seen, [
    { level: "info", target: "host", text: "one" },
    { level: "error", target: "guest.agent", text: "two" },
  ]);
});

test("a record of several lines stays one record", () => {
  const record: LogRecord = { level: "warn", target: "guest.kernel", text: "first\nsecond\n" };
  assert.equal(
    formatLogRecord(record, "2026-01-02T03:04:05.000Z"),
    "2026-01-02T03:04:05.000Z WARN  guest.kernel: first\n    second\n",
  );
});

test("a guest can neither forge a record nor command the terminal that shows it", () => {
  const record: LogRecord = { level: "info", target: "guest.a: b\nx", text: "\u001b[2Jc\rd" };
  assert.equal(formatLogRecord(record, "T"), "T INFO  guest.a: b x: �[2Jc�d\n");
});
