import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileSink } from "#helper/sandbox/logFile.ts";
import { tempTree } from "../../../support/tempTree.ts";

test("a flood of messages keeps the log small and its newest records whole", (t) => {
  const path = join(tempTree(t, {}), "airlock.log");
  const sink = fileSink(path);
  const text = "x".repeat(100_000);
  for (let n = 0; n < 700; n++)
    sink({ level: "warn", target: "guest.kernel", text: `${n} ${text}` });
  assert.ok(statSync(path).size < 10 * 2 ** 20, `${statSync(path).size} bytes`);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.ok(lines.every((line) => / WARN {2}guest\.kernel: \d+ x+$/.test(line)));
  assert.match(lines.at(-1) ?? "", /kernel: 699 x/);
});
