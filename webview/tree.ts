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

/** One line; the lines stand beside one another, so that each has exactly its own text as its name. */
type Row = {
  node: EffectiveNode;
  parent: Row | undefined;
  level: number;
  element: HTMLElement;
};

export type Tree = {
  element: HTMLElement;
  /** Leaves out, or shows again, what nobody has set. */
  filter(onlySet: boolean): void;
};

/** A tree as the ARIA practices have it: one stop of the Tab key, arrows within. */
export function tree(nodes: readonly EffectiveNode[], options: TreeOptions): Tree {
  const root = element("div", { class: "tree", role: "tree", "aria-label": options.label });
  const rows = rowsOf(nodes, undefined, options);
  root.append(...rows.map((row) => row.element));
  let onlySet = false;
  const shown = () => rows.filter((row) => !row.element.hidden);
  const update = () => {
    for (const row of rows) showRow(row, options.memory, onlySet);
    numberRows(rows.filter(({ node }) => !onlySet || !node.isDefault));
    setTabStop(shown(), options.memory);
  };
  const perform = (action: Action | undefined, row: Row) => {
    if (action === undefined) return;
    if (action === "open" && row.node.target !== null) options.onOpen(row.node.target);
    else if (typeof action !== "string") action.element.focus();
    else if (!options.memory.toggled.delete(row.node.id)) options.memory.toggled.add(row.node.id);
    update();
  };
  for (const row of rows) {
    row.element.addEventListener("focus", () => {
      options.memory.current = row.node.id;
      setTabStop(shown(), options.memory);
    });
    row.element.addEventListener("click", () => perform("toggle", row));
    row.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const find = keys[event.key] ?? letter(event.key);
      if (find === undefined) return;
      event.preventDefault();
      const all = shown();
      perform(find({ shown: all, at: all.indexOf(row), row }), row);
    });
  }
  update();
  return {
    element: root,
    filter: (only) => {
      onlySet = only;
      update();
    },
  };
}

function rowsOf(
  nodes: readonly EffectiveNode[],
  parent: Row | undefined,
  options: TreeOptions,
): Row[] {
  return nodes.flatMap((node) => {
    const level = parent === undefined ? 1 : parent.level + 1;
    const attributes = {
      ...{ class: node.isDefault ? "row default" : "row", role: "treeitem", "data-focus": node.id },
      "aria-level": String(level),
    };
    const row = { node, parent, level, element: element("div", attributes) };
    // Spaces part the words where the row is read and not seen.
    for (const cell of cells(row, options)) row.element.append(cell, " ");
    return [row, ...rowsOf(node.children, row, options)];
  });
}

function cells({ node, level }: Row, { onOpen }: TreeOptions): HTMLElement[] {
  const { name, value, origin, target, children } = node;
  const key = element("span", { class: "key" }, name);
  key.style.marginInlineStart = `${level * 16}px`;
  if (children.length > 0) {
    const twisty = icon("chevron");
    twisty.classList.add("twisty");
    key.prepend(twisty);
  }
  return [
    key,
    ...(value ? [element("code", { class: "value" }, value)] : []),
    ...(origin === null ? [] : [place(origin, target, onOpen)]),
  ];
}

/** Where a value comes from; the keyboard opens it by Enter on the row. */
function place(
  origin: string,
  target: number | null,
  onOpen: (target: number) => void,
): HTMLElement {
  if (target === null) return element("span", { class: "origin" }, origin);
  const link = element("span", { class: "origin link" }, origin);
  link.addEventListener("click", (event) => {
    event.stopPropagation();
    onOpen(target);
  });
  return link;
}

function showRow(row: Row, memory: TreeMemory, onlySet: boolean): void {
  const { node, parent } = row;
  const isFolded = parent !== undefined && (parent.element.hidden || !isExpanded(parent, memory));
  row.element.hidden = isFolded || (onlySet && node.isDefault);
  if (node.children.length === 0) return;
  row.element.setAttribute("aria-expanded", String(isExpanded(row, memory)));
}

/** Screen readers tell the place of a row among those beside it, without what is left out. */
function numberRows(rows: readonly Row[]): void {
  const sets = new Map<Row | undefined, Row[]>();
  for (const row of rows) sets.set(row.parent, [...(sets.get(row.parent) ?? []), row]);
  for (const set of sets.values()) {
    for (const [index, { element: item }] of set.entries()) {
      item.setAttribute("aria-posinset", String(index + 1));
      item.setAttribute("aria-setsize", String(set.length));
    }
  }
}

/** Tables where somebody has set something are usually open; what a value goes over is for who asks. */
function isExpanded({ node }: Row, { toggled }: TreeMemory): boolean {
  const isUsual = !node.isDefault && node.value === null;
  return isUsual !== toggled.has(node.id);
}

/** The Tab key comes to the row where the keyboard was last, if that is still there to be seen. */
function setTabStop(shown: readonly Row[], { current }: TreeMemory): void {
  const stop = shown.find(({ node }) => node.id === current) ?? shown[0];
  for (const row of shown) row.element.tabIndex = row === stop ? 0 : -1;
}

type Position = { shown: readonly Row[]; at: number; row: Row };
/** A row to go to, or what to do with the one where the keyboard is. */
type Action = Row | "toggle" | "open";

const keys: Readonly<Record<string, (position: Position) => Action | undefined>> = {
  ArrowDown: ({ shown, at }) => shown[at + 1],
  ArrowUp: ({ shown, at }) => shown[at - 1],
  Home: ({ shown }) => shown[0],
  End: ({ shown }) => shown.at(-1),
  ArrowRight: ({ shown, at, row }) => {
    const expanded = row.element.ariaExpanded;
    if (expanded === null) return undefined;
    return expanded === "true" ? shown[at + 1] : "toggle";
  },
  ArrowLeft: ({ row }) => (row.element.ariaExpanded === "true" ? "toggle" : row.parent),
  Enter: ({ row }) => (row.node.target === null ? "toggle" : "open"),
  " ": () => "toggle",
};

/** A letter goes to the next row that begins with it. */
function letter(key: string): ((position: Position) => Action | undefined) | undefined {
  if (key.length !== 1) return undefined;
  return ({ shown, at }) =>
    [...shown.slice(at + 1), ...shown.slice(0, at)].find(({ node }) =>
      node.name.toLowerCase().startsWith(key.toLowerCase()),
    );
}
