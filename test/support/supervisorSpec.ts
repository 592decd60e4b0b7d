import type { SupervisorSpec } from "#helper/sandbox/spec.ts";

/** A specification that no machine is started from. */
export function supervisorSpec(projectDir: string): SupervisorSpec {
  return {
    projectDir,
    guestPath: projectDir,
    nestedStateDirs: [],
    image: {
      name: "i",
      digest: `sha256:${"0".repeat(64)}`,
      source: "embedded",
      path: "/i",
      sizeBytes: 1,
    },
    machine: {
      ...{ arch: "x64", accelerator: "tcg", cpus: 1, memoryBytes: 1, nested: false },
      ...{ kernelPath: "/k", initramfsPath: "/i" },
    },
    warm: { enabled: true, maxBytes: 1 },
    diskBytes: 1,
    user: "",
    env: ["TOKEN=secret"],
    basis: { env: "1" },
    imageCommand: [],
    resumeId: null,
    discardId: null,
    suspend: { onWindowClose: false, idleMinutes: 0 },
    harden: true,
    notActive: [],
    held: false,
    phases: [],
    plannedAtMs: 0,
    logLevel: "info",
  };
}
