import assert from "node:assert/strict";
import { test } from "node:test";
import { targetOf } from "#extension/commands/target.ts";
import type { SandboxState } from "#extension/sandboxes/state.ts";
import { commandLink, statusText } from "#extension/status/statusText.ts";
import { fakeStatus } from "../../../support/fakeStatus.ts";

const starting: SandboxState = {
  kind: "starting",
  progress: { phase: "image", text: "Reading layers", amount: { doneBytes: 1, totalBytes: 3 } },
  status: null,
  own: true,
};

test("a running sandbox shows its image and accelerator, and says so in words", () => {
  const shown = statusText({ kind: "running", status: fakeStatus("/p") }, undefined);
  assert.equal(shown.text, "$(vm-running) Airlock: embedded:base · TCG");
  assert.equal(shown.label, "Airlock sandbox: running embedded:base with tcg acceleration");
});

test("a starting sandbox shows its phase and how far it is", () => {
  const shown = statusText(starting, undefined);
  assert.equal(shown.text, "$(loading~spin) Airlock: image 33 %");
  assert.equal(shown.hover[0], "Reading layers");
});

test("a failed sandbox tells the whole reason on hover and its first line to a screen reader", () => {
  const failure = { code: "disk", message: "The disk is full.\nMore.", hint: "Make room." };
  const shown = statusText({ kind: "failed", failure, status: null }, undefined);
  assert.deepEqual(shown.hover.slice(0, 2), ["The disk is full.\nMore.", "Make room."]);
  assert.equal(shown.label, "Airlock sandbox failed: The disk is full.");
  assert.equal(shown.tone, "error");
});

test("a suspended sandbox and one that is being suspended say so", () => {
  const status = (kind: "suspending" | "suspended") => fakeStatus("/p", { status: kind });
  const going = statusText({ kind: "stopping", status: status("suspending") }, undefined);
  assert.equal(going.text, "$(loading~spin) Airlock: suspending");
  const gone = statusText({ kind: "suspended", status: status("suspended") }, undefined);
  assert.equal(gone.text, "$(debug-pause) Airlock: suspended");
  assert.deepEqual(gone.hover, ["Click to go on with the sandbox where it was."]);
  const suspended = { since: "2026-01-02T03:04:05.000Z", sizeBytes: 300 * 2 ** 20 };
  const known = fakeStatus("/p", { status: "suspended", suspended });
  const shown = statusText({ kind: "suspended", status: known }, undefined);
  assert.match(shown.hover[0] ?? "", /^Saved with its programs .*2.*; 300 MiB on the disk\.$/);
});

test("the hover offers what the state allows", () => {
  const offered = (state: SandboxState) =>
    statusText(state, undefined).commands.map(({ id }) => id);
  const always = ["airlock.openPanel", "airlock.openTerminal", "airlock.showLogs"];
  assert.deepEqual(offered({ kind: "stopped", status: null }), always);
  const running: SandboxState = { kind: "running", status: fakeStatus("/p") };
  assert.deepEqual(offered(running), [...always, "airlock.suspend"]);
  const suspended = fakeStatus("/p", { status: "suspended" });
  assert.deepEqual(offered({ kind: "suspended", status: suspended }), [
    ...always,
    "airlock.discardSuspended",
  ]);
});

test("a link of the hover names the folder, whatever its path is", () => {
  const folder = { scheme: "file", authority: "", path: "/p/a b](:) 100%(" };
  const link = commandLink({ id: "airlock.openPanel", title: "Open Panel" }, folder);
  const query = /^\[Open Panel\]\(command:airlock\.openPanel\?([^()]*)\)$/.exec(link)?.[1] ?? "";
  const [argument] = JSON.parse(decodeURIComponent(query));
  assert.deepEqual(
    targetOf(argument, (uri) => uri),
    { kind: "folder", uri: folder },
  );
});

test("names from the workspace make no icons", () => {
  const image = { ...fakeStatus("/p").image, name: "oci:$(bug)" };
  const shown = statusText({ kind: "running", status: fakeStatus("/p", { image }) }, "$(flame)");
  assert.equal(shown.text, "$(vm-running) Airlock ($\u200b(flame)): oci:$\u200b(bug) · TCG");
});

test("the folder is named where the window has several", () => {
  const shown = statusText({ kind: "stopped", status: null }, "api");
  assert.equal(shown.text, "$(vm-outline) Airlock (api): stopped");
});
