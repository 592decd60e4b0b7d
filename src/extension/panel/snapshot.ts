import type { Usage } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { Snapshot, UsageSample } from "#shared/protocol/panel.ts";
import type { SandboxState } from "../sandboxes/state.ts";

type Facts = Pick<Snapshot, "folder" | "folderName" | "configured" | "hasProjectFile" | "trusted">;

/** What the panel shows of a sandbox. */
export function snapshotOf(facts: Facts, state: SandboxState): Snapshot {
  return { ...facts, state: panelState(state), status: state.status };
}

/** The supervisor's measurement with plain numbers, as messages to a webview need them, and the disk's. */
export function usageSample(usage: Usage, diskImageBytes: number | null): UsageSample {
  return {
    diskImageBytes,
    cpuPercent: usage.cpuPercent,
    memoryTotalBytes: Number(usage.memoryTotalBytes),
    memoryUsedBytes: Number(usage.memoryUsedBytes),
    load: [usage.load1, usage.load5, usage.load15],
    diskSizeBytes: Number(usage.diskSizeBytes),
    diskUsedBytes: Number(usage.diskUsedBytes),
    processes: usage.processes,
    hostRssBytes: Number(usage.hostRssBytes),
  };
}

function panelState(state: SandboxState): Snapshot["state"] {
  switch (state.kind) {
    case "starting":
      return { kind: "starting", ...state.progress };
    case "failed":
      return { kind: "failed", ...state.failure };
    case "stopped":
    case "suspended":
    case "running":
    case "stopping":
      return { kind: state.kind };
  }
}
