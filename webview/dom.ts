export type Child = Node | string;

const svgNamespace = "http://www.w3.org/2000/svg";

/** An element with attributes and children. Strings become text, never markup. */
export function element(
  name: string,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function svg(
  name: string,
  attributes: Record<string, string> = {},
  ...children: Node[]
): SVGElement {
  const made = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
