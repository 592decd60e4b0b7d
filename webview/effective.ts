import type { EffectiveView, PanelAction } from "#shared/protocol/panel.ts";
import { type Child, element } from "./dom.ts";
import { icon } from "./icons.ts";
import { card } from "./sections.ts";
import { button } from "./toolkit.ts";
import { type Tree, type TreeMemory, tree } from "./tree.ts";

const memory: TreeMemory = { toggled: new Set(), current: undefined };
let onlySet = false;

type Actions = { act: (action: PanelAction) => void; onOpen: (target: number) => void };

/** What the configuration amounts to, with the place that each value comes from. */
export function effectiveCard(
  { isBroken, nodes }: EffectiveView,
  { act, onOpen }: Actions,
): HTMLElement {
  const label = isBroken ? "Problems and effective configuration" : "Effective configuration";
  const shown = tree(nodes, { label, memory, onOpen });
  const head: Child = isBroken
    ? element("p", { class: "notice" }, icon("warning"), broken)
    : element("p", { class: "summary" }, summary);
  const open = button({
    ...{ label: "Open as Document", icon: icon("file"), look: "secondary" },
    onPress: () => act("effective"),
  });
  return card(
    "Effective configuration",
    "effective wide",
    element("div", { class: "tree-head" }, head, filter(shown)),
    shown.element,
    open,
  );
}

const summary =
  "All files and presets merged. Enter, or a click on a place, opens where a value is set.";

const broken =
  "The configuration has errors and does not start. Behind them is what the rest amounts to.";

/** Leaves out what nobody has set. */
function filter(shown: Tree): HTMLElement {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = onlySet;
  box.setAttribute("data-focus", "only set");
  box.addEventListener("change", () => {
    onlySet = box.checked;
    shown.filter(onlySet);
  });
  shown.filter(onlySet);
  return element("label", { class: "filter" }, box, "Only what is set");
}
