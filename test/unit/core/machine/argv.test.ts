import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { machineArgv } from "#core/machine/argv.ts";
import { type MachineSpec, nestedObstacle } from "#core/machine/spec.ts";

const base: MachineSpec = {
  name: "airlock",
  arch: "x64",
  hostOs: "linux",
  accelerator: "kvm",
  cpus: 4,
  memoryBytes: 4 * 2 ** 30,
  memory: { path: "memory/ram" },
  nested: false,
  kernelPath: "/opt/airlock/vm/x64/vmlinux",
  initramfsPath: "/opt/airlock/vm/x64/initramfs",
  verboseKernel: false,
  qmpSocket: "qmp.sock",
  controlSocket: "control.sock",
  hotplugSlots: 3,
  fsdevs: [],
  disks: [],
  resumes: false,
};
const arm: Partial<MachineSpec> = {
  arch: "arm64",
  kernelPath: "/opt/airlock/vm/arm64/Image",
  initramfsPath: "/opt/airlock/vm/arm64/initramfs",
};
const mac: Partial<MachineSpec> = {
  hostOs: "darwin",
  accelerator: "hvf",
  memory: "plain",
  fsdevs: [{ id: "share0", path: "/Users/ada/my, project", readOnly: false }],
};

const cases: Record<string, Partial<MachineSpec>> = {
  "x64-kvm": {},
  "x64-kvm-nested": { nested: true },
  "x64-tcg": { accelerator: "tcg" },
  "x64-kvm-unnamed-memory": { memory: "unnamed" },
  "x64-kvm-resumed": { resumes: true },
  "x64-kvm-resumed-with-disk": {
    resumes: true,
    disks: [{ serial: "disk", path: "/home/ada/my, project/disk.img", readOnly: false, slot: 0 }],
  },
  "x64-hvf": mac,
  "x64-tcg-9p": {
    accelerator: "tcg",
    memory: "plain",
    fsdevs: [{ id: "share0", path: "view0", readOnly: true }],
  },
  "x64-kvm-custom-kernel": {
    kernelPath: "/home/ada/linux, patched/vmlinux",
    initramfsPath: "/home/ada/initramfs.img",
    verboseKernel: true,
    memoryBytes: 3 * 2 ** 30 + 12345,
  },
  "arm64-kvm": arm,
  "arm64-kvm-nested": { ...arm, nested: true },
  "arm64-tcg": { ...arm, accelerator: "tcg" },
  "arm64-hvf": { ...arm, ...mac },
  "arm64-hvf-many-cpus": { ...arm, ...mac, cpus: 12 },
};

for (const [name, change] of Object.entries(cases)) {
  test(`the QEMU command line of ${name} is the golden one`, () => {
    const lines = machineArgv({ ...base, ...change }).map((argument) =>
      argument.startsWith("-") ? `\n${argument}` : ` ${argument}`,
    );
    expectGolden(`argv-${name}`, `${lines.join("").trim()}\n`);
  });
}

test("nested virtualisation is refused without KVM", () => {
  const linux = { nested: true, hostOs: "linux" } as const;
  assert.equal(nestedObstacle({ ...linux, accelerator: "kvm" }), undefined);
  assert.match(nestedObstacle({ ...linux, accelerator: "tcg" }) ?? "", /needs KVM/);
  assert.match(
    nestedObstacle({ nested: true, hostOs: "darwin", accelerator: "hvf" }) ?? "",
    /Linux host/,
  );
  assert.equal(nestedObstacle({ ...linux, nested: false, accelerator: "tcg" }), undefined);
});

function expectGolden(name: string, actual: string): void {
  const path = join(import.meta.dirname, `${name}.golden.txt`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
}
