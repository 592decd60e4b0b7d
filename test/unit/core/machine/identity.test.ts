import assert from "node:assert/strict";
import { test } from "node:test";
import { type BaseFacts, type BaseSpec, baseIdentity } from "#core/machine/identity.ts";

const base: BaseSpec & { hotplugSlots: number } = {
  arch: "x64",
  hostOs: "linux",
  accelerator: "kvm",
  cpus: 4,
  memoryBytes: 4 * 2 ** 30,
  nested: false,
  verboseKernel: false,
  hotplugSlots: 12,
};
const facts: BaseFacts = { kernelSha256: "k", initramfsSha256: "i", qemu: "7.2 /q 1 2", host: "h" };

test("whatever a snapshot depends on makes it another one", () => {
  const identities = [
    baseIdentity(base, facts),
    baseIdentity({ ...base, accelerator: "tcg" }, facts),
    baseIdentity({ ...base, arch: "arm64" }, facts),
    baseIdentity({ ...base, cpus: 2 }, facts),
    baseIdentity({ ...base, memoryBytes: 2 ** 30 }, facts),
    baseIdentity({ ...base, nested: true }, facts),
    baseIdentity({ ...base, verboseKernel: true }, facts),
    baseIdentity({ ...base, hotplugSlots: 13 }, facts),
    baseIdentity(base, { ...facts, kernelSha256: "other" }),
    baseIdentity(base, { ...facts, initramfsSha256: "other" }),
    baseIdentity(base, { ...facts, qemu: "other" }),
    baseIdentity(base, { ...facts, host: "other" }),
  ];
  assert.equal(new Set(identities).size, identities.length);
  assert.equal(baseIdentity({ ...base }, { ...facts }), identities[0]);
});

test("what belongs to one project does not", () => {
  const project = { ...base, name: "mine", fsdevs: [{ id: "s", path: "/p", readOnly: false }] };
  assert.equal(baseIdentity(project, facts), baseIdentity(base, facts));
});
