import type { EffectiveNode } from "#shared/protocol/panel.ts";
import { element } from "./dom.ts";
import { icon } from "./icons.ts";

/** What the tree keeps when its content is made anew. */
export type TreeMemory = {
  /** Ids of the nodes whose children are shown or hidden against what is usual for them. */
  readonly toggled: Set<string>;
  /** Id of the node that the keyboard is at. */
  current: string | undefined;
};

type TreeOptions = {
  label: string;
  memory: TreeMemory;
  onOpen: (target: number) => void;
};

/** A tree as the ARIA practices have it: one stop of the Tab key, arrows within. */
export function tree(nodes: readonly EffectiveNode[], options: TreeOptions): HTMLElement {
  const root = element("ul", { class: "tree", role: "tree", "aria-label": options.label });
  root.append(...nodes.map((node) => item(node, 1, options)));
  setTabStop(root, options.memory);
  root.addEventListener("keydown", (event) => onKey(root, event));
  root.addEventListener("focusin", ({ target }) => {
    const focused =
      target instanceof Element ? target.closest<HTMLElement>("[role=treeitem]") : null;
    if (focused === null) return;
    for (const each of root.querySelectorAll("[tabindex='0']")) each.setAttribute("tabindex", "-1");
    focused.setAttribute("tabindex", "0");
    options.memory.current = focused.getAttribute("data-focus") ?? undefined;
  });
  return root;
}

/** The Tab key comes to the row where the keyboard was last, if that is still there to be seen. */
export function setTabStop(root: HTMLElement, { current }: TreeMemory): void {
  const rows = root.classList.contains("only-set") ? ".set" : "[role=treeitem]";
  const items = [...root.querySelectorAll<HTMLElement>(rows)];
  const stop = items.find((each) => each.getAttribute("data-focus") === current) ?? items[0];
  for (const each of root.querySelectorAll("[tabindex='0']")) each.setAttribute("tabindex", "-1");
  stop?.setAttribute("tabindex", "0");
}

function item(node: EffectiveNode, level: number, options: TreeOptions): HTMLElement {
  const { memory, onOpen } = options;
  const { id, target, children } = node;
  const made = element("li", {
    ...{ id: itemId(id), class: node.isDefault ? "default" : "set", role: "treeitem" },
    ...{ tabindex: "-1", "aria-level": String(level), "data-focus": id },
    "aria-label": label(node),
  });
  const row = element("div", { class: "row" }, ...cells(node, level, onOpen));
  made.append(row);
  if (target !== null)
    made.addEventListener("airlock-open", (event) => {
      event.stopPropagation();
      onOpen(target);
    });
  if (children.length === 0) return made;
  const group = element("ul", { role: "group" });
  group.append(...children.map((child) => item(child, level + 1, options)));
  made.append(group);
  setExpanded(made, isUsuallyExpanded(node) !== memory.toggled.has(id));
  made.addEventListener("airlock-toggle", (event) => {
    event.stopPropagation();
    if (!memory.toggled.delete(id)) memory.toggled.add(id);
    setExpanded(made, made.getAttribute("aria-expanded") !== "true");
  });
  row.addEventListener("click", () => {
    made.focus();
    send(made, "airlock-toggle");
  });
  return made;
}

/** Where somebody has set something; what a value goes over is for who asks. */
function isUsuallyExpanded({ isDefault, value }: EffectiveNode): boolean {
  return !isDefault && value === null;
}

function cells(
  { name, value, origin, target, children }: EffectiveNode,
  level: number,
  onOpen: (target: number) => void,
): HTMLElement[] {
  const key = element("span", { class: "key" }, name);
  key.style.paddingInlineStart = `${(level - 1) * 16}px`;
  if (children.length > 0) {
    const twisty = icon("chevron");
    twisty.classList.add("twisty");
    key.prepend(twisty);
  }
  return [key, element("code", { class: "value" }, value ?? ""), place(origin, target, onOpen)];
}

function place(
  origin: string | null,
  target: number | null,
  onOpen: (target: number) => void,
): HTMLElement {
  if (target === null) return element("span", { class: "origin quiet" }, origin ?? "");
  const attributes = { class: "origin link", type: "button", tabindex: "-1" };
  const link = element("button", attributes, origin ?? "");
  link.addEventListener("click", (event) => {
    event.stopPropagation();
    onOpen(target);
  });
  return link;
}

/** The row in words, for a screen reader. */
function label({ name, value, origin, children }: EffectiveNode): string {
  const over =
    value === null ? [] : children.map((child) => `over ${child.value} of ${child.origin}`);
  const said = [[name, value].filter(Boolean).join(" "), origin, ...over];
  return said.filter(Boolean).join(", ");
}

function setExpanded(made: HTMLElement, expanded: boolean): void {
  made.setAttribute("aria-expanded", String(expanded));
  const group = made.querySelector<HTMLElement>(":scope > [role=group]");
  if (group !== null) group.hidden = !expanded;
}

function onKey(root: HTMLElement, event: KeyboardEvent): void {
  const items = [...root.querySelectorAll<HTMLElement>("[role=treeitem]")];
  const shown = items.filter((each) => each.getClientRects().length > 0);
  const at = shown.indexOf(document.activeElement as HTMLElement);
  const current = shown[at];
  if (current === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  const action = keys[event.key] ?? letter(event.key);
  if (action === undefined) return;
  event.preventDefault();
  action({ shown, at, current })?.focus();
}

type Position = { shown: readonly HTMLElement[]; at: number; current: HTMLElement };

/** What each key does; an answer is where it goes to. */
const keys: Readonly<Record<string, (position: Position) => HTMLElement | undefined>> = {
  ArrowDown: ({ shown, at }) => shown[at + 1],
  ArrowUp: ({ shown, at }) => shown[at - 1],
  Home: ({ shown }) => shown[0],
  End: ({ shown }) => shown.at(-1),
  ArrowRight: ({ shown, at, current }) => {
    const expanded = current.getAttribute("aria-expanded");
    if (expanded === "false") send(current, "airlock-toggle");
    return expanded === "true" ? shown[at + 1] : undefined;
  },
  ArrowLeft: ({ current }) => {
    if (current.getAttribute("aria-expanded") === "true") {
      send(current, "airlock-toggle");
      return undefined;
    }
    return current.parentElement?.closest<HTMLElement>("[role=treeitem]") ?? undefined;
  },
  Enter: ({ current }) => {
    const isTable = current.querySelector(":scope > .row > .link") === null;
    send(current, isTable ? "airlock-toggle" : "airlock-open");
    return undefined;
  },
  " ": ({ current }) => {
    send(current, "airlock-toggle");
    return undefined;
  },
};

/** A letter goes to the next row that begins with it. */
function letter(key: string): ((position: Position) => HTMLElement | undefined) | undefined {
  if (key.length !== 1) return undefined;
  return ({ shown, at }) =>
    [...shown.slice(at + 1), ...shown.slice(0, at)].find((each) =>
      each.getAttribute("aria-label")?.toLowerCase().startsWith(key.toLowerCase()),
    );
}

function send(made: HTMLElement, name: "airlock-toggle" | "airlock-open"): void {
  made.dispatchEvent(new CustomEvent(name));
}

function itemId(id: string): string {
  return `tree ${id}`.replaceAll(/\s/g, "_");
}
