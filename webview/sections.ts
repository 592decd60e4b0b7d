import { formatBytes } from "#shared/bytes.ts";
import { formatDuration } from "#shared/duration.ts";
import type { HardeningMeasure, SandboxStatus } from "#shared/protocol/status.ts";
import { type Child, element } from "./dom.ts";
import { type IconName, icon } from "./icons.ts";
import { button, tag } from "./toolkit.ts";

/** A titled part of the page. */
export function card(title: string, className: string, ...children: Child[]): HTMLElement {
  const id = `card-${title.toLowerCase().replaceAll(" ", "-")}`;
  return element(
    "section",
    { class: `card ${className}`, "aria-labelledby": id },
    element("h2", { id }, title),
    ...children,
  );
}

/** Names and values in two columns. */
export function facts(...rows: readonly (readonly [string, Child])[]): HTMLElement {
  return element(
    "dl",
    { class: "facts" },
    ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

/** A share as a bar, told in words to who cannot see it. */
export function meter(label: string, share: number): HTMLElement {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  const fill = element("span", { class: "meter-fill" });
  fill.style.width = `${percent}%`;
  return element(
    "div",
    {
      class: "meter",
      role: "meter",
      "aria-label": label,
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-valuenow": String(percent),
      "aria-valuetext": `${percent} %`,
    },
    fill,
  );
}

export function imageCard({ image }: SandboxStatus, onCopy: () => void): HTMLElement {
  const digest = element("span", { class: "digest" });
  if (image.digest === null) digest.append("known after the first start");
  else {
    const code = element("code", { title: image.digest }, shortDigest(image.digest));
    const copy = button({
      label: "Copy digest",
      icon: icon("copy"),
      look: "icon",
      onPress: onCopy,
    });
    digest.append(code, copy);
  }
  return card(
    "Image",
    "image",
    element("p", { class: "headline" }, image.name),
    facts(
      ["Digest", digest],
      ["Source", image.source ?? "–"],
      ["Size", image.sizeBytes === null ? "–" : formatBytes(image.sizeBytes)],
    ),
  );
}

/** `sha256:` and the first twelve digits, as image tools show it. */
export function shortDigest(digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return `${algorithm}:${hex.slice(0, 12)}`;
}

const accelerators = {
  kvm: ["KVM", "Hardware virtualisation of Linux: programs run at the speed of this machine."],
  hvf: ["HVF", "Hardware virtualisation of macOS: programs run at the speed of this machine."],
  tcg: [
    "TCG",
    "Software emulation: everything works, but programs run several times slower. Doctor says what this machine lacks.",
  ],
} as const;

export function acceleratorCard({ accelerator }: SandboxStatus, onDoctor: () => void): HTMLElement {
  if (accelerator === null) {
    const text = "Chosen at the first start: hardware where it works, else software emulation.";
    return card("Accelerator", "accelerator", element("p", { class: "quiet" }, text));
  }
  const [name, text] = accelerators[accelerator];
  const parts: Child[] = [element("p", { class: "headline" }, name), element("p", {}, text)];
  if (accelerator === "tcg") {
    parts.push(
      button({ label: "Doctor", icon: icon("pulse"), look: "secondary", onPress: onDoctor }),
    );
  }
  return card("Accelerator", "accelerator", ...parts);
}

export function diskCard({ disk }: SandboxStatus): HTMLElement {
  if (disk === null) {
    return card("Disk", "disk", element("p", { class: "quiet" }, "Made at the first start."));
  }
  return card(
    "Disk",
    "disk",
    element(
      "p",
      { class: "headline" },
      formatBytes(disk.usedBytes),
      element("span", { class: "unit" }, ` of ${formatBytes(disk.sizeBytes)}`),
    ),
    meter("Disk in use", disk.usedBytes / disk.sizeBytes),
    element("p", { class: "quiet" }, "Taken on this machine. It grows as the sandbox writes."),
  );
}

const softExplained = "Soft: in force, but root inside the sandbox could lift it.";

const measureLooks: Record<HardeningMeasure["state"], readonly [IconName, string]> = {
  on: ["check", "on"],
  soft: ["half", "soft"],
  off: ["cross", "off"],
};

export function hardeningCard({ hardening }: SandboxStatus): HTMLElement {
  if (hardening.length === 0) {
    return card("Hardening", "hardening", element("p", { class: "quiet" }, "Shown while it runs."));
  }
  const on = hardening.filter(({ state }) => state === "on").length;
  const rows = hardening.map((measure) => {
    const [name, word] = measureLooks[measure.state];
    return element(
      "li",
      { class: `measure ${measure.state}` },
      element("span", { class: "state" }, icon(name), word),
      element(
        "span",
        { class: "what" },
        element("strong", {}, measure.title),
        element("span", { class: "quiet" }, measure.detail),
      ),
    );
  });
  return card(
    "Hardening",
    "hardening wide",
    element("p", { class: "summary" }, `${on} of ${hardening.length} measures are on.`),
    element("ul", { class: "measures" }, ...rows),
    ...(hardening.some(({ state }) => state === "soft")
      ? [element("p", { class: "quiet" }, softExplained)]
      : []),
  );
}

export function mountsCard({ mounts }: SandboxStatus): HTMLElement {
  if (mounts.length === 0) {
    return card("Mounts", "mounts", element("p", { class: "quiet" }, "Nothing is shared."));
  }
  const cell = (text: string) => element("td", {}, text);
  const head = ["Name", "On this machine", "In the sandbox", "Access", "Through"];
  const rows = mounts.map(({ name, source, target, readOnly, type }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", { class: "path" }, source),
      element("td", { class: "path" }, target),
      cell(readOnly ? "read only" : "read and write"),
      cell(type ?? "–"),
    ),
  );
  return card(
    "Mounts",
    "mounts broad",
    element(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of mounts" },
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text))),
        ),
        element("tbody", {}, ...rows),
      ),
    ),
  );
}

const startKinds = { warm: "resumed from snapshot", cold: "booted" } as const;

export function phasesCard({ phases, startedAt, startKind }: SandboxStatus): HTMLElement {
  if (phases.length === 0) {
    return card("Last start", "phases", element("p", { class: "quiet" }, "Not started yet."));
  }
  const total = phases.reduce((sum, { ms }) => sum + ms, 0);
  const longest = Math.max(...phases.map(({ ms }) => ms), 1);
  const rows = phases.flatMap(({ name, ms }) => {
    const bar = element("span", { class: "bar" });
    bar.style.width = `${Math.max(1, (ms / longest) * 100)}%`;
    return [
      element("dt", {}, name),
      element("dd", {}, element("span", { class: "track" }, bar), formatDuration(ms)),
    ];
  });
  const ready = startedAt === null ? "" : `ready ${new Date(startedAt).toLocaleString()}`;
  const when = [startKind ? startKinds[startKind] : "", ready].filter(Boolean).join(", ");
  return card(
    "Last start",
    "phases",
    element(
      "p",
      { class: "headline" },
      formatDuration(total),
      element("span", { class: "unit" }, ` ${when}`),
    ),
    element("dl", { class: "bars" }, ...rows),
  );
}

export function notActiveCard({ notActive }: SandboxStatus): HTMLElement {
  return card(
    "Not active yet",
    "not-active wide",
    element(
      "p",
      { class: "notice" },
      icon("warning"),
      "The configuration asks for features that this version does not have yet. They have no effect.",
    ),
    element("p", { class: "tags" }, ...notActive.map((path) => tag(path))),
  );
}
