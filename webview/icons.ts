import { svg } from "./dom.ts";

/** Outlines on a 16 × 16 grid, drawn in the colour of the text beside them. */
const paths = {
  chevron: "M6 3.5L10.5 8 6 12.5",
  play: "M4.5 2.5v11l9-5.5z",
  stop: "M3.5 3.5h9v9h-9z",
  pause: "M5.5 2.5v11M10.5 2.5v11",
  restart: "M13 3v3.5H9.5M12.8 6.4A5.2 5.2 0 1 0 13.2 9",
  terminal: "M1.5 2.5h13v11h-13zM4 6l2.5 2L4 10M8 10.5h4",
  gear: "M8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4",
  output: "M2.5 1.5h11v13h-11zM5 5h6M5 8h6M5 11h3.5",
  pulse: "M1 8.5h3l2-5.5 3.5 10 2-4.5H15",
  file: "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M2.5 8.5l3.5 3.5 7.5-8",
  cross: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  half: "M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13",
  warning: "M8 2L14.7 13.5H1.3zM8 6.5v3.5M8 11.5v.8",
  lock: "M3.5 7.5h9v6.5h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  shield: "M8 1.5l5.5 2v4.3c0 3.2-2.3 5.5-5.5 6.7-3.2-1.2-5.5-3.5-5.5-6.7V3.5z",
} as const;

export type IconName = keyof typeof paths;

/** A small drawing without meaning of its own: a text always stands beside it. */
export function icon(name: IconName): SVGElement {
  const filled = name === "play" || name === "stop";
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true", class: "icon" },
    svg("path", { d: paths[name], class: filled ? "solid" : "line" }),
  );
}
