import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { copyGuestLog } from "#helper/sandbox/supervisor/guestLog.ts";
import { LogLevel as Level, LogEntrySchema } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { createLogger, type LogLevel } from "#shared/log.ts";

async function levelsAt(level: LogLevel): Promise<string[]> {
  const seen: string[] = [];
  const sink = (record: { level: LogLevel; target: string }) => {
    seen.push(`${record.target} ${record.level}`);
  };
  const log = createLogger("supervisor", level, [sink]);
  await copyGuestLog({ logs }, log);
  return seen;
}

async function* logs() {
  for (const level of [Level.TRACE, Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR]) {
    yield create(LogEntrySchema, { level, target: "x", text: "text" });
  }
}

test("the guest's messages are kept by level; `debug` keeps its trace, too", async () => {
  const all = ["guest.x trace", "guest.x debug", "guest.x info", "guest.x warn", "guest.x error"];
  for (const [level, from] of [
    ["trace", 0],
    ["debug", 0],
    ["info", 2],
    ["warn", 3],
    ["error", 4],
  ] as const) {
    assert.deepEqual(await levelsAt(level), all.slice(from), level);
  }
});
