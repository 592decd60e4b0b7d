import type { Show } from "#shared/protocol/show.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";

/** A running sandbox with every kind of content that a status can have. */
export function fakeStatus(path: string, changes: Partial<SandboxStatus> = {}): SandboxStatus {
  return {
    status: "running",
    path,
    guestPath: path,
    image: {
      name: "embedded:base",
      digest: "sha256:4f5c1e0b7a92d3e8c6b1f0a9d8e7c6b5a4938271605f4e3d2c1b0a9f8e7d6c5b",
      source: "embedded",
      sizeBytes: 3_276_800,
    },
    cpus: 2,
    memoryBytes: 2 * 2 ** 30,
    hostRssBytes: null,
    accelerator: "tcg",
    startKind: "cold",
    hardening: [
      {
        id: "no-new-privs",
        title: "No new privileges",
        state: "on",
        detail: "Programs cannot gain rights through set-user-id files.",
      },
      {
        id: "state-cover",
        title: "State is covered",
        state: "soft",
        detail: "The guest sees an empty .airlock; its root could lift the cover.",
      },
      {
        id: "seccomp",
        title: "System call filter",
        state: "off",
        detail: "Off because vm.harden is false.",
      },
    ],
    disk: { usedBytes: 41_943_040, sizeBytes: 10 * 2 ** 30 },
    mounts: [{ name: "project", source: path, target: path, readOnly: false, type: "virtiofs" }],
    startedAt: "2026-01-02T03:04:05.000Z",
    phases: [
      { name: "config", ms: 12 },
      { name: "image", ms: 340 },
      { name: "machine", ms: 410 },
      { name: "boot", ms: 4210 },
      { name: "attach", ms: 520 },
      { name: "ready", ms: 8 },
    ],
    notActive: [],
    supervisorPid: process.pid,
    suspended: null,
    failure: null,
    ...changes,
  };
}

/** What `airlock show --json` prints of such a sandbox; nothing is known of its configuration. */
export function fakeShow(path: string, changes: Partial<Show> = {}): Show {
  const sandboxDir = `${path}/.airlock/sandbox`;
  return { ...fakeStatus(path), sandboxDir, configured: null, ...changes };
}
