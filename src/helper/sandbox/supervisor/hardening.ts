import type { Measure } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import type { HardeningMeasure } from "#shared/protocol/status.ts";

export type Share = {
  type: "virtiofs" | "9p";
  coversEnforced: boolean;
  reason?: string | undefined;
};

export type HardeningInput = {
  accelerator: "kvm" | "hvf" | "tcg";
  /** `vm.harden` of the configuration. */
  harden: boolean;
  shares: readonly Share[];
  /** What the agent put in force for processes. */
  measures: readonly Pick<Measure, "id" | "on" | "detail">[];
  /** Whether QEMU runs under its own system call filter. */
  seccomp: boolean;
};

/** Every measure between the guest and the host, outermost first. */
export function hardening(input: HardeningInput): HardeningMeasure[] {
  return [
    boundary(input.accelerator),
    hypervisorSeccomp(input.seccomp),
    {
      id: "no-network-device",
      title: "No network device",
      state: "on",
      detail: "The machine has no network card, so nothing in it reaches a network past Airlock.",
    },
    stateCover(input.shares),
    shareConfinement(input.shares),
    ...launchMeasures.map((known) => launchMeasure(known, input)),
  ];
}

const acceleratorNames = { kvm: "KVM", hvf: "Apple's hypervisor", tcg: "software emulation" };

function boundary(accelerator: HardeningInput["accelerator"]): HardeningMeasure {
  const name = acceleratorNames[accelerator];
  return {
    id: "virtual-machine",
    title: "Virtual machine",
    state: "on",
    detail: `Everything in the sandbox runs in a virtual machine of its own, with its own kernel, under ${name}.`,
  };
}

function hypervisorSeccomp(on: boolean): HardeningMeasure {
  return {
    id: "hypervisor-seccomp",
    title: "Hypervisor system call filter",
    state: on ? "on" : "off",
    detail: on
      ? "QEMU may not start programs, change its privileges or use obsolete system calls."
      : "This system's QEMU has no system call filter.",
  };
}

function stateCover(shares: readonly Share[]): HardeningMeasure {
  const soft = shares.find((share) => !share.coversEnforced);
  return {
    id: "state-cover",
    title: "State directory hidden",
    state: soft === undefined ? "on" : "soft",
    detail:
      soft === undefined
        ? "The host shows the guest an empty read-only directory in place of .airlock."
        : `Only the guest itself hides .airlock, so its root user could lift the cover${because(soft)}.`,
  };
}

/** A server of its own is confined to its view. QEMU, which serves 9p itself, keeps seeing the rest. */
function shareConfinement(shares: readonly Share[]): HardeningMeasure {
  const base = { id: "share-confinement", title: "Share server confined" };
  const open = shares.find((share) => !share.coversEnforced);
  if (open !== undefined) {
    const detail = `The process that serves the project's files sees all files of the user${because(open)}.`;
    return { ...base, state: "off", detail };
  }
  if (shares.some(({ type }) => type === "9p")) {
    const detail = "QEMU serves the project's files itself (9p) and sees all files of the user.";
    return { ...base, state: "off", detail };
  }
  const detail =
    "The process that serves the project's files runs in a mount namespace of its own.";
  return { ...base, state: "on", detail };
}

function because(share: Share | undefined): string {
  return share?.reason === undefined ? "" : ` (${share.reason.replace(/\.$/, "")})`;
}

const launchMeasures = [
  {
    id: "no-new-privs",
    title: "No new privileges",
    detail: "Programs cannot gain privileges through set-user-id files such as sudo.",
  },
  {
    id: "mount-namespace",
    title: "Own mount namespace",
    detail: "Mounts made by one command are not seen by the others.",
  },
  {
    id: "ipc-namespace",
    title: "Own IPC namespace",
    detail: "Commands do not share System V IPC objects.",
  },
  {
    id: "uts-namespace",
    title: "Own UTS namespace",
    detail: "A command cannot change the host name that others see.",
  },
  {
    id: "capabilities",
    title: "Reduced capabilities",
    detail:
      "Root keeps its rights over files, users and mounts, not those over kernel and machine.",
  },
  {
    id: "system-call-filter",
    title: "System call filter in the guest",
    detail:
      "Calls that reach far into the guest's kernel fail: modules, BPF, io_uring, keys and more.",
  },
  {
    id: "private-devices",
    title: "No raw devices",
    detail:
      "/dev has none of the machine's disks, memory or links to the host, and none can be made.",
  },
  {
    id: "kernel-interfaces",
    title: "Kernel interfaces hidden",
    detail: "/sys and /proc/sys are read-only, and what tells about the kernel is hidden.",
  },
];

function launchMeasure(
  known: (typeof launchMeasures)[number],
  { harden, measures }: HardeningInput,
): HardeningMeasure {
  const { id, title } = known;
  if (!harden) return { id, title, state: "off", detail: "Switched off by vm.harden = false." };
  const reported = measures.find((measure) => measure.id === id);
  const words = reported?.detail ?? "";
  if (reported?.on === true) {
    if (words === "") return { id, title, state: "on", detail: known.detail };
    return { id, title, state: "soft", detail: `${known.detail} ${words}` };
  }
  const detail = words || "The guest does not say whether it is in force.";
  return { id, title, state: "off", detail };
}
