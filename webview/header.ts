import { formatAmount } from "#shared/bytes.ts";
import type { PanelAction, Snapshot } from "#shared/protocol/panel.ts";
import { suspendedText } from "#shared/suspendedText.ts";
import { type Child, element } from "./dom.ts";
import { type IconName, icon } from "./icons.ts";
import { button, progressRing } from "./toolkit.ts";

type Act = (action: PanelAction) => void;
type Kind = Snapshot["state"]["kind"];

const titles: Record<Kind, string> = {
  stopped: "Stopped",
  starting: "Starting",
  running: "Running",
  stopping: "Stopping",
  suspended: "Suspended",
  failed: "Failed",
};

const stateIcons: Partial<Record<Kind, IconName>> = {
  stopped: "stop",
  suspended: "pause",
  running: "check",
  failed: "warning",
};

type ButtonDraft = readonly [PanelAction, string, IconName];

const startButton: ButtonDraft = ["start", "Start Sandbox", "play"];
const stopButton: ButtonDraft = ["stop", "Stop", "stop"];
const terminalButton: ButtonDraft = ["terminal", "Terminal", "terminal"];

/** The main button of each state comes first. */
const buttons: Record<Kind, readonly ButtonDraft[]> = {
  stopped: [startButton],
  starting: [["stop", "Cancel Start", "cross"]],
  running: [
    terminalButton,
    stopButton,
    ["suspend", "Suspend", "pause"],
    ["restart", "Restart", "restart"],
  ],
  stopping: [],
  suspended: [
    ["start", "Resume Sandbox", "play"],
    ["discardSuspended", "Discard Saved Programs…", "cross"],
  ],
  failed: [startButton],
};

/** Name, state and buttons. */
export function header(snapshot: Snapshot, act: Act): HTMLElement {
  const { kind } = snapshot.state;
  const mark = stateIcons[kind];
  const drafts = [...(snapshot.trusted ? buttons[kind] : []), ...documents(snapshot)];
  return element(
    "header",
    { class: "header" },
    element(
      "div",
      { class: "title" },
      element("h1", {}, snapshot.folderName),
      element(
        "span",
        { class: `pill ${kind}` },
        mark === undefined ? progressRing() : icon(mark),
        titles[kind],
      ),
    ),
    element(
      "div",
      { class: "toolbar", role: "group", "aria-label": "Sandbox actions" },
      ...drafts.map(([action, label, name], index) =>
        button({
          label,
          icon: icon(name),
          look: index === 0 && snapshot.trusted ? "primary" : "secondary",
          onPress: () => act(action),
        }),
      ),
    ),
  );
}

function documents({ hasProjectFile }: Snapshot): readonly ButtonDraft[] {
  const configuration: ButtonDraft = hasProjectFile
    ? ["configuration", "Configuration", "gear"]
    : ["createConfiguration", "Create Configuration", "file"];
  return [configuration, ["logs", "Logs", "output"]];
}

/** What stands between the header and the cards: progress, a failure, or what to do first. */
export function banners(snapshot: Snapshot, act: Act): HTMLElement[] {
  const shown: HTMLElement[] = [];
  if (!snapshot.trusted) shown.push(trustBanner(act));
  if (snapshot.state.kind === "starting") shown.push(progressBanner(snapshot.state));
  if (snapshot.state.kind === "failed") shown.push(failureBanner(snapshot.state, act));
  if (snapshot.state.kind === "suspended") shown.push(suspendedBanner(snapshot));
  if (snapshot.state.kind === "stopped" && isNew(snapshot)) shown.push(emptyBanner(snapshot));
  return shown;
}

/** Whether the folder's sandbox was never started. */
function isNew({ status }: Snapshot): boolean {
  return status === null || (status.startedAt === null && status.image.digest === null);
}

function trustBanner(act: Act): HTMLElement {
  return banner(
    { tone: "warning", sign: "lock", title: "This workspace is not trusted" },
    element(
      "p",
      {},
      "Its configuration decides what of this machine a sandbox sees, so nothing is started until you trust it.",
    ),
    button({
      label: "Manage Workspace Trust",
      icon: icon("shield"),
      look: "primary",
      onPress: () => act("trust"),
    }),
  );
}

/** What a start goes through, each with the phases that the helper reports during it. */
const steps: readonly (readonly [string, readonly string[]])[] = [
  ["Configuration", ["config"]],
  ["Image", ["image", "resolve", "pull"]],
  ["Machine", ["machine"]],
  ["Boot", ["boot", "resume", "snapshot"]],
  ["Attach", ["attach"]],
  ["Ready", ["ready"]],
];

/** The steps of a start with the current one marked; nothing for a phase that we do not know. */
function stepper(phase: string): HTMLElement[] {
  const current = steps.findIndex(([, phases]) => phases.includes(phase));
  if (current < 0) return [];
  const items = steps.map(([title], index) => {
    const kind = index < current ? "done" : index === current ? "current" : "next";
    const mark = kind === "done" ? [icon("check")] : [];
    const attributes: Record<string, string> =
      kind === "current" ? { class: kind, "aria-current": "step" } : { class: kind };
    return element("li", attributes, ...mark, title);
  });
  return [element("ol", { class: "steps", "aria-label": "Steps of the start" }, ...items)];
}

function progressBanner(state: Extract<Snapshot["state"], { kind: "starting" }>): HTMLElement {
  const { text, amount, details } = state;
  const share = amount === null ? undefined : amount.doneBytes / amount.totalBytes;
  const fill = element("span", { class: "meter-fill" });
  if (share !== undefined) fill.style.width = `${Math.round(share * 100)}%`;
  const values = share === undefined ? {} : { "aria-valuenow": String(Math.round(share * 100)) };
  return element(
    "div",
    { class: "banner progress" },
    ...stepper(state.phase),
    element("p", {}, amount === null ? text : `${text} – ${formatAmount(amount)}`),
    ...(details === undefined ? [] : [element("p", { class: "details" }, details)]),
    element(
      "div",
      {
        class: share === undefined ? "meter unknown" : "meter",
        role: "progressbar",
        "aria-label": "Start of the sandbox",
        "aria-valuemin": "0",
        "aria-valuemax": "100",
        ...values,
      },
      fill,
    ),
  );
}

function failureBanner(
  { message, hint }: Extract<Snapshot["state"], { kind: "failed" }>,
  act: Act,
): HTMLElement {
  const action = (name: PanelAction, label: string, mark: IconName) =>
    button({ label, icon: icon(mark), look: "secondary", onPress: () => act(name) });
  return banner(
    { tone: "error", sign: "warning", title: "The sandbox failed" },
    element("pre", {}, message),
    ...(hint === null ? [] : [element("p", {}, hint)]),
    element("div", { class: "toolbar" }, action("doctor", "Doctor", "pulse")),
  );
}

function suspendedBanner({ status }: Snapshot): HTMLElement {
  const saved = status?.suspended;
  return banner(
    { tone: "empty", sign: "pause", title: "Suspended with its programs" },
    element(
      "p",
      {},
      "Resuming goes on where they were. Until then they take no processor and no memory.",
    ),
    ...(saved ? [element("p", {}, suspendedText(saved))] : []),
  );
}

function emptyBanner({ configured }: Snapshot): HTMLElement {
  const text = configured
    ? "This folder has a configuration and no sandbox yet. Starting makes one: a virtual machine that sees the project and nothing else of this machine."
    : "A sandbox is a virtual machine that sees this project and nothing else of this machine. It begins with a configuration that says which image it has and how large it is.";
  return banner({ tone: "empty", sign: "shield", title: "No sandbox yet" }, element("p", {}, text));
}

function banner(
  { tone, sign, title }: { tone: string; sign: IconName; title: string },
  ...children: Child[]
): HTMLElement {
  return element(
    "div",
    { class: `banner ${tone}` },
    element("h2", {}, icon(sign), title),
    ...children,
  );
}

/** The state in one sentence, for the live region. */
export function announcement({ folderName, state }: Snapshot): string {
  if (state.kind === "starting") return `Sandbox of ${folderName}: ${state.text}`;
  if (state.kind === "failed") return `Sandbox of ${folderName} failed: ${state.message}`;
  return `Sandbox of ${folderName}: ${titles[state.kind]}`;
}
