import assert from "node:assert/strict";
import { test } from "node:test";
import { Board, type BoardEvent } from "#helper/sandbox/supervisor/board.ts";
import { fakeStatus } from "../../../../support/fakeStatus.ts";

test("a board tells its listeners of phases and changes until they leave", async () => {
  const board = new Board(fakeStatus("/p", { status: "starting", phases: [] }));
  const events: BoardEvent[] = [];
  const leave = board.listen((event) => events.push(event));
  await board.phase("boot", "Booting", async () => undefined);
  board.update({ status: "running" });
  leave();
  board.update({ status: "stopping" });
  assert.deepEqual(
    events.map((event) => (event.kind === "progress" ? event.progress.text : event.status.status)),
    ["Booting", "starting", "running"],
  );
  assert.deepEqual(
    board.status.phases.map(({ name }) => name),
    ["boot"],
  );
});

test("a failed phase has taken its time, too, and is recorded", async () => {
  const board = new Board(fakeStatus("/p", { phases: [] }));
  const failing = board.phase("boot", "Booting", () => Promise.reject(new Error("no")));
  await assert.rejects(failing, /no/);
  assert.deepEqual(
    board.status.phases.map(({ name }) => name),
    ["boot"],
  );
});
