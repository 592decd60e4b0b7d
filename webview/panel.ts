import { formatBytes } from "#shared/bytes.ts";
import {
  type EffectiveView,
  type PanelAction,
  panelEvents,
  panelRequests,
  type Snapshot,
  type UsageSample,
} from "#shared/protocol/panel.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { element } from "./dom.ts";
import { effectiveCard } from "./effective.ts";
import { announcement, banners, header } from "./header.ts";
import { cpuCard, memoryCard } from "./load.ts";
import { ask, listen, remember } from "./rpc.ts";
import {
  acceleratorCard,
  diskCard,
  hardeningCard,
  imageCard,
  mountsCard,
  notActiveCard,
  phasesCard,
} from "./sections.ts";
import { setUpToolkit } from "./toolkit.ts";

/** Samples kept for the graphs: one minute. */
const historyLength = 60;

let snapshot: Snapshot | undefined;
let samples: UsageSample[] = [];
let effective: EffectiveView | undefined;

const slots = ["header", "banners", "cpu", "memory", "cards", "effective"] as const;
const shown = new Map<string, string>();
let announced = "";

setUpToolkit();
layOut();
listen(panelEvents.changed, (next) => {
  snapshot = next;
  if (next.state.kind !== "running") samples = [];
  render();
});
listen(panelEvents.usage, (sample) => {
  samples = [...samples, sample].slice(-historyLength);
  render();
});
listen(panelEvents.effective, showEffective);
void load();

async function load(): Promise<void> {
  try {
    const loaded = await ask(panelRequests.load, {});
    snapshot = loaded.snapshot;
    samples = loaded.usage;
    remember({ folder: snapshot.folder });
    render();
    showEffective(await ask(panelRequests.effective, {}));
  } catch (error) {
    showProblem(error);
  }
}

function showEffective(view: EffectiveView): void {
  effective = view;
  render();
}

function openOrigin(target: number): void {
  ask(panelRequests.openOrigin, { target }).catch(showProblem);
}

function act(action: PanelAction): void {
  ask(panelRequests.act, { action }).then(
    () => announce(action === "copyDigest" ? "Digest copied" : ""),
    showProblem,
  );
}

function layOut(): void {
  const parts = slots.map((name) => element("div", { id: name }));
  document.getElementById("root")?.append(element("main", {}, ...parts));
}

function render(): void {
  if (snapshot === undefined) return;
  const current = snapshot;
  const { status, state } = current;
  put("header", [current.folderName, state.kind, current.trusted, current.hasProjectFile], () => [
    header(current, act),
  ]);
  put(
    "banners",
    [
      ...[state, current.trusted, current.configured],
      ...[status?.startedAt, status?.image.digest, status?.suspended],
    ],
    () => banners(current, act),
  );
  put("cpu", [status?.cpus, status?.status, samples], () =>
    status === null ? [] : [cpuCard(status, samples)],
  );
  put("memory", [status?.memoryBytes, status?.status, samples], () =>
    status === null ? [] : [memoryCard(status, samples)],
  );
  const latest = samples.at(-1)?.diskImageBytes ?? undefined;
  // The words and not the bytes: while a disk is written to, the cards would be made anew all the time.
  put("cards", [status, latest && formatBytes(latest)], () =>
    status === null ? [] : cards(withDiskUse(status, latest)),
  );
  put("effective", [effective], () =>
    effective === undefined ? [] : [effectiveCard(effective, { act, onOpen: openOrigin })],
  );
  announceState(announcement(current));
}

/** The status has what the disk took when the sandbox became ready. */
function withDiskUse(status: SandboxStatus, usedBytes: number | undefined): SandboxStatus {
  if (status.disk === null || usedBytes === undefined) return status;
  return { ...status, disk: { ...status.disk, usedBytes } };
}

function cards(status: SandboxStatus): HTMLElement[] {
  return [
    imageCard(status, () => act("copyDigest")),
    acceleratorCard(status, () => act("doctor")),
    diskCard(status),
    hardeningCard(status),
    phasesCard(status),
    mountsCard(status),
    ...(status.notActive.length > 0 ? [notActiveCard(status)] : []),
  ];
}

/**
 * Makes a part anew only when what it shows has changed, and leaves the focus where it was. When that is
 * gone the first action has it: a keyboard would have to begin at the top of the window else.
 */
function put(slot: (typeof slots)[number], inputs: unknown, make: () => HTMLElement[]): void {
  const signature = JSON.stringify(inputs);
  if (shown.get(slot) === signature) return;
  shown.set(slot, signature);
  const place = document.getElementById(slot);
  const focused = place?.querySelector(":focus");
  place?.replaceChildren(...make());
  if (!focused) return;
  const name = CSS.escape(focused.getAttribute("data-focus") ?? "");
  const next =
    place?.querySelector<HTMLElement>(`[data-focus="${name}"]`) ??
    document.querySelector<HTMLElement>(".toolbar > *");
  next?.focus();
}

/** Says a state once: it must not talk over what was said since. */
function announceState(text: string): void {
  if (text !== announced) announce(text);
  announced = text;
}

function announce(text: string): void {
  const live = document.getElementById("live");
  if (live !== null && text !== "" && live.textContent !== text) live.textContent = text;
}

function showProblem(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  document
    .getElementById("banners")
    ?.replaceChildren(
      element("div", { class: "banner error", role: "alert" }, element("p", {}, message)),
    );
  shown.delete("banners");
}
