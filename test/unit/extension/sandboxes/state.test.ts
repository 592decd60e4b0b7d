import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  initialState,
  isActive,
  isQuestion,
  nextState,
  type SandboxEvent,
  type SandboxState,
} from "#extension/sandboxes/state.ts";
import { fakeStatus } from "../../../support/fakeStatus.ts";

const running: SandboxEvent = { type: "reported", status: fakeStatus("/p") };
const stopped: SandboxEvent = {
  type: "reported",
  status: fakeStatus("/p", { status: "stopped" }),
};
const progress: SandboxEvent = {
  type: "progress",
  progress: { phase: "boot", text: "Booting", amount: null },
};
const failed: SandboxEvent = {
  type: "failed",
  failure: { code: "machine-ended", message: "It broke.", hint: "Try again." },
};

describe("the state of a sandbox", () => {
  test("goes from stopped over starting to running and back", () => {
    assert.deepEqual(
      kindsAfter({ type: "startAsked" }, progress, running, { type: "stopAsked" }, stopped),
      ["starting", "starting", "running", "stopping", "stopped"],
    );
  });

  test("is running as soon as a supervisor says so, whoever started it", () => {
    assert.equal(after(running).kind, "running");
  });

  test("is suspended when its supervisor or a look at its files says so, and starts from there", () => {
    const suspended = fakeStatus("/p", { status: "suspended" });
    const suspending = fakeStatus("/p", { status: "suspending" });
    const reports: SandboxEvent[] = [suspending, suspended].map((status) => ({
      type: "reported",
      status,
    }));
    assert.deepEqual(kindsAfter(running, ...reports), ["running", "stopping", "suspended"]);
    const inspected = after({ type: "inspected", status: suspended });
    assert.equal(inspected.kind, "suspended");
    assert.equal(isActive(inspected), false);
    assert.equal(nextState(inspected, { type: "gone" }).kind, "suspended");
    const begun = nextState(inspected, { type: "startAsked" });
    assert.equal(begun.kind, "starting");
    assert.equal(nextState(begun, { type: "cancelled" }).kind, "suspended");
    const status = fakeStatus("/p", { status: "stopped" });
    assert.equal(nextState(inspected, { type: "inspected", status }).kind, "stopped");
  });

  test("a failed start from a suspended sandbox leaves it suspended when a look says so", () => {
    const status = fakeStatus("/p", { status: "suspended" });
    assert.equal(after(failed, { type: "inspected", status }).kind, "suspended");
  });

  test("ignores progress that arrives late", () => {
    assert.equal(after(running, progress).kind, "running");
    assert.equal(after(running, { type: "stopAsked" }, progress).kind, "stopping");
  });

  test("keeps stopping while the supervisor still says running", () => {
    assert.equal(after(running, { type: "stopAsked" }, running).kind, "stopping");
  });

  test("is failed when the supervisor of a running sandbox vanishes", () => {
    const state = after(running, { type: "gone" });
    assert.equal(state.kind === "failed" && state.failure.code, "supervisor-lost");
  });

  test("is stopped when the supervisor vanishes after a stop was asked", () => {
    assert.equal(after(running, { type: "stopAsked" }, { type: "gone" }).kind, "stopped");
  });

  test("waits for the front when no supervisor is there yet", () => {
    assert.equal(after({ type: "startAsked" }, { type: "gone" }).kind, "starting");
  });

  test("is failed when the supervisor of somebody else's start vanishes", () => {
    const status = fakeStatus("/p", { status: "starting" });
    const state = after({ type: "reported", status }, progress, { type: "gone" });
    assert.equal(state.kind === "failed" && state.failure.code, "supervisor-lost");
    const own = after({ type: "startAsked" }, { type: "reported", status }, progress);
    assert.equal(nextState(own, { type: "gone" }).kind, "starting");
  });

  test("is stopping until nothing is left, whatever a cancelled start says meanwhile", () => {
    const kinds = kindsAfter(
      { type: "startAsked" },
      { type: "stopAsked" },
      { type: "cancelled" },
      { type: "gone" },
    );
    assert.deepEqual(kinds, ["starting", "stopping", "stopping", "stopped"]);
  });

  test("stays suspended when its start was stopped before it touched anything", () => {
    const status = fakeStatus("/p", { status: "suspended" });
    const kinds = kindsAfter(
      { type: "inspected", status },
      { type: "startAsked" },
      { type: "stopAsked" },
      { type: "gone" },
    );
    assert.deepEqual(kinds.at(-1), "suspended");
  });

  test("keeps the hint of a failure that the supervisor reports as well", () => {
    const failure = { code: "machine-ended", message: "It broke." };
    const reported: SandboxEvent = {
      type: "reported",
      status: fakeStatus("/p", { status: "failed", failure }),
    };
    const state = after({ type: "startAsked" }, failed, reported);
    assert.equal(state.kind === "failed" && state.failure.hint, "Try again.");
    const alone = after(reported);
    assert.equal(alone.kind === "failed" && alone.failure.hint, null);
  });

  test("learns from a look at the files only while nothing runs", () => {
    const status = fakeStatus("/q", { status: "stopped" });
    assert.equal(after({ type: "inspected", status }).status?.path, "/q");
    assert.equal(after(failed, { type: "inspected", status }).kind, "failed");
    assert.equal(after(running, { type: "inspected", status }).status?.path, "/p");
  });

  test("takes an end that only asks for a question, about what is suspended too", () => {
    const codes = ["image-changed", "suspended-changed", "suspended-unusable", "config"];
    assert.deepEqual(
      codes.map((code) => isQuestion({ code })),
      [true, true, true, false],
    );
  });

  test("does not stop what does not run", () => {
    assert.equal(after({ type: "stopAsked" }), initialState);
  });

  test("is active exactly while a machine runs or is about to", () => {
    const active = [after({ type: "startAsked" }), after(running)].map(isActive);
    assert.deepEqual(
      [...active, isActive(after(failed)), isActive(initialState)],
      [true, true, false, false],
    );
  });
});

function after(...events: SandboxEvent[]): SandboxState {
  return events.reduce(nextState, initialState);
}

function kindsAfter(...events: SandboxEvent[]): string[] {
  return events.map((_, index) => after(...events.slice(0, index + 1)).kind);
}
