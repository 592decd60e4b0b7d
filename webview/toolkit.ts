// The only file that knows the widget toolkit, which is archived upstream: a successor goes here.
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeProgressRing,
  vsCodeTag,
} from "@vscode/webview-ui-toolkit";
import { type Child, element } from "./dom.ts";

type ButtonOptions = {
  label: string;
  icon: SVGElement;
  look: "primary" | "secondary" | "icon";
  onPress: () => void;
};

/** Registers the widgets; call it before the first is made. */
export function setUpToolkit(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeProgressRing(), vsCodeTag());
}

/** A button; `icon` buttons show no text and carry it as their label. */
export function button({ label, icon, look, onPress }: ButtonOptions): HTMLElement {
  const iconOnly = look === "icon";
  if (!iconOnly) icon.setAttribute("slot", "start");
  const made = element(
    "vscode-button",
    {
      appearance: look,
      "aria-label": label,
      "data-focus": label,
      ...(iconOnly ? { title: label } : {}),
    },
    icon,
    iconOnly ? "" : label,
  );
  made.addEventListener("click", onPress);
  return made;
}

/** A ring that turns while something goes on; its meaning is told by the text beside it. */
export function progressRing(): HTMLElement {
  return element("vscode-progress-ring", { "aria-hidden": "true" });
}

export function tag(...children: Child[]): HTMLElement {
  return element("vscode-tag", {}, ...children);
}
