// Draws the spans of one start as bars over time.

export type Span = {
  name: string;
  startMs: number;
  ms: number;
  /** Who works: our own programs, QEMU with the guest's kernel, or the agent in the guest. */
  who: "airlock" | "machine" | "guest";
};

const [labelWidth, chartWidth, rowHeight, top] = [190, 520, 22, 64];
const barHeight = 14;
const legend = {
  airlock: "Airlock",
  machine: "QEMU and the guest's boot",
  guest: "steps in the guest",
};

/** Readable on light and dark pages alike, and to those who listen to it. */
export function drawSpans(title: string, spans: readonly Span[]): string {
  const endMs = Math.max(...spans.map(({ startMs, ms }) => startMs + ms));
  const x = (ms: number) => labelWidth + (ms / endMs) * chartWidth;
  const height = top + spans.length * rowHeight + 28;
  const said = spans.map(({ name, ms }) => `${name} ${duration(ms)}`).join(", ");
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${labelWidth + chartWidth + 90} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(`${said}; ${duration(endMs)} in all.`)}</desc>`,
    style,
    `<text class="strong" x="0" y="18">${escaped(`${title}: ${duration(endMs)}`)}</text>`,
    ...legendRow(),
    ...ticks(endMs).flatMap((ms) => tick(ms, x(ms), height)),
    ...spans.flatMap((span, index) => row(span, top + index * rowHeight, x)),
    "</svg>",
  ].join("\n")}\n`;
}

const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.strong { font-size: 14px; font-weight: 600; }
line { stroke: #8c959f; stroke-opacity: .35; }
.airlock { fill: #2f81c7; } .machine { fill: #b3742c; } .guest { fill: #3f9360; }
@media (prefers-color-scheme: dark) { text { fill: #9da7b3; } }
</style>`;

function legendRow(): string[] {
  let next = 0;
  return Object.entries(legend).flatMap(([who, text]) => {
    const at = next;
    next += 50 + text.length * 7;
    return [
      `<rect class="${who}" x="${at}" y="30" width="12" height="12" rx="2"/>`,
      `<text x="${at + 18}" y="40">${escaped(text)}</text>`,
    ];
  });
}

function ticks(endMs: number): number[] {
  const step = [50, 100, 200, 500, 1000, 2000, 5000].find((ms) => endMs / ms <= 8) ?? 10_000;
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step);
}

function tick(ms: number, at: number, height: number): string[] {
  return [
    `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${top - 8}" y2="${height - 20}"/>`,
    `<text x="${at.toFixed(1)}" y="${height - 6}" text-anchor="middle">${duration(ms)}</text>`,
  ];
}

function row({ name, startMs, ms, who }: Span, y: number, x: (ms: number) => number): string[] {
  const width = Math.max(1.5, x(startMs + ms) - x(startMs));
  return [
    `<text x="0" y="${y + 11}">${escaped(name)}</text>`,
    `<rect class="${who}" x="${x(startMs).toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${barHeight}" rx="2"/>`,
    `<text x="${(x(startMs) + width + 6).toFixed(1)}" y="${y + 11}">${duration(ms)}</text>`,
  ];
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
