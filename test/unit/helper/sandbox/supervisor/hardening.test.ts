import assert from "node:assert/strict";
import { test } from "node:test";
import { type HardeningInput, hardening } from "#helper/sandbox/supervisor/hardening.ts";

const measureIds = [
  "no-new-privs",
  "mount-namespace",
  "ipc-namespace",
  "uts-namespace",
  "capabilities",
  "system-call-filter",
  "private-devices",
  "kernel-interfaces",
];
const best: HardeningInput = {
  accelerator: "kvm",
  harden: true,
  shares: [{ type: "virtiofs", coversEnforced: true }],
  measures: measureIds.map((id) => ({ id, on: true, detail: "" })),
  seccomp: true,
};
const states = (input: HardeningInput) =>
  Object.fromEntries(hardening(input).map(({ id, state }) => [id, state]));

test("every measure is on where host and guest can do everything", () => {
  assert.deepEqual(states(best), {
    "virtual-machine": "on",
    "hypervisor-seccomp": "on",
    "no-network-device": "on",
    "state-cover": "on",
    "share-confinement": "on",
    "no-new-privs": "on",
    "mount-namespace": "on",
    "ipc-namespace": "on",
    "uts-namespace": "on",
    capabilities: "on",
    "system-call-filter": "on",
    "private-devices": "on",
    "kernel-interfaces": "on",
  });
});

test("a cover that only the guest makes is soft and says why", () => {
  const shares = [{ type: "9p" as const, coversEnforced: false, reason: "no namespaces here." }];
  const cover = hardening({ ...best, shares }).find(({ id }) => id === "state-cover");
  assert.equal(cover?.state, "soft");
  assert.match(cover?.detail ?? "", /\(no namespaces here\)\.$/);
  assert.equal(states({ ...best, shares })["share-confinement"], "off");
});

test("a cover in QEMU's own view hides the state, but does not confine QEMU", () => {
  const found = states({ ...best, shares: [{ type: "9p", coversEnforced: true }] });
  assert.deepEqual([found["state-cover"], found["share-confinement"]], ["on", "off"]);
});

test("vm.harden = false switches the launch measures off, and only those", () => {
  const off = hardening({ ...best, harden: false, measures: [] });
  assert.deepEqual(
    off.filter(({ state }) => state === "off").map(({ id }) => id),
    measureIds,
  );
  assert.match(off.at(-1)?.detail ?? "", /vm\.harden = false/);
});

test("a measure the guest could not take is off with the guest's reason", () => {
  const measures = [{ id: "ipc-namespace", on: false, detail: "The kernel has none." }];
  const ipc = hardening({ ...best, measures }).find(({ id }) => id === "ipc-namespace");
  assert.deepEqual([ipc?.state, ipc?.detail], ["off", "The kernel has none."]);
});

test("a measure that root of the guest could lift is soft with the guest's reason", () => {
  const measures = [{ id: "kernel-interfaces", on: true, detail: "Root may mount." }];
  const found = hardening({ ...best, measures }).find(({ id }) => id === "kernel-interfaces");
  assert.equal(found?.state, "soft");
  assert.match(found?.detail ?? "", /^\/sys .* Root may mount\.$/);
});

test("every measure has a title and one sentence", () => {
  for (const { title, detail } of hardening(best)) {
    assert.ok(title.length > 0);
    assert.match(detail, /^[A-Z/].*\.$/);
  }
});
