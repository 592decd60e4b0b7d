type Stream = { isTTY?: boolean };
export type Paint = (text: string) => string;

/** Colours by what they mean; they return the text unchanged where colour is not wanted. */
export type Palette = { good: Paint; bad: Paint; caution: Paint; strong: Paint; faint: Paint };

export function palette(stream: Stream): Palette {
  const on = wantsColour(stream, process.env);
  const paint = (open: number, close: number): Paint =>
    on ? (text) => `\u001b[${open}m${text}\u001b[${close}m` : (text) => text;
  return {
    good: paint(32, 39),
    bad: paint(31, 39),
    caution: paint(33, 39),
    strong: paint(1, 22),
    faint: paint(2, 22),
  };
}

/** https://no-color.org first, then the wish to force it, then what the stream is. */
export function wantsColour(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  if ((env.NO_COLOR ?? "") !== "") return false;
  if ((env.FORCE_COLOR ?? "") !== "") return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** A label and a value. */
export type Row = readonly [string, string];

/** The label stands before the first of several values only. */
export function labelled(label: string, values: readonly string[]): Row[] {
  return values.map((value, index) => [index === 0 ? label : "", value]);
}

/** Rows of two columns; the first is as wide as its longest cell, continuation rows have an empty one. */
export function alignRows(rows: readonly Row[], paint: Paint): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows
    .map(([label, value]) => `${paint(label.padEnd(width))}  ${value}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}
