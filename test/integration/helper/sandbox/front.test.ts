// The two ends of the way between a supervisor and its front process, in two processes.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { type FrontNote, frontLine, frontLines } from "#helper/sandbox/front.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");

/** Tells of a board that changes once it is asked to stop, and prints what it was asked. */
const supervisor = `
  import { Board } from "#helper/sandbox/supervisor/board.ts";
  import { frontSide } from "#helper/sandbox/supervisor/frontSide.ts";
  const front = frontSide();
  const board = new Board({ status: "starting", phases: [] });
  front.tell({ kind: "listening" });
  front.follow(board);
  await front.listen((demand) => {
    console.log(JSON.stringify(demand));
    board.progress("stop", "Stöpping");
    board.update({ status: "stopped" });
  });
  console.log("alone");
`;

function begin(t: TestContext, stdio: "pipe" | "ignore") {
  const words = ["--input-type=module", "--eval", supervisor];
  const child = spawn(process.execPath, words, {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit", stdio],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

const frontEnd = (child: ChildProcess) => child.stdio[3] as Socket;

test("a front process hears of everything, what it wants is heard, and its end is noticed", async (t) => {
  const child = begin(t, "pipe");
  const front = frontEnd(child);
  const said = text(child.stdout as Socket);
  const seen: string[] = [];
  for await (const note of frontLines<FrontNote>(front)) {
    seen.push(note.kind === "status" ? note.status.status : note.kind);
    if (note.kind === "progress") seen.push(note.progress.text);
    if (seen.length === 2) front.write(frontLine({ kind: "stop", graceMs: 7 }));
    if (seen.at(-1) === "stopped") break;
  }
  assert.deepEqual(seen, ["listening", "starting", "progress", "Stöpping", "stopped"]);
  front.destroy();
  assert.equal(await said, `${JSON.stringify({ kind: "stop", graceMs: 7 })}\nalone\n`);
});

test("a supervisor that somebody began by hand has no front process, and lives", async (t) => {
  const child = begin(t, "ignore");
  const [[code], said] = await Promise.all([once(child, "exit"), text(child.stdout as Socket)]);
  assert.deepEqual([code, said], [0, "alone\n"]);
});
