import assert from "node:assert/strict";
import { test } from "node:test";
import { obstacleText, sessionsText } from "#extension/commands/suspendText.ts";

const use = { pid: 7, command: "vi", kind: "file", path: "/p/a" };

test("each obstacle has a line, and many do not make the dialog endless", () => {
  assert.equal(obstacleText([use]), "vi (process 7): file /p/a");
  const lines = obstacleText(Array.from({ length: 12 }, () => use)).split("\n");
  assert.deepEqual([lines.length, lines.at(-1)], [11, "… and 2 more"]);
});

test("one session and several are told in words", () => {
  assert.equal(sessionsText(1), "one attached terminal or command");
  assert.equal(sessionsText(3), "3 attached terminals and commands");
});
