/** A place in a file, 1-based, as our messages name it. */
export type Place = { path: string; line: number; column: number };

/** The first `path:line:column:` of a message, such as `/p/airlock.toml:3:8: error: …`. */
export function placeIn(message: string): Place | undefined {
  const match = /^(?<path>\S.*?):(?<line>\d+):(?<column>\d+):/m.exec(message);
  if (match?.groups === undefined) return undefined;
  const { path = "", line, column } = match.groups;
  return { path, line: Number(line), column: Number(column) };
}

/** The first line of a message: what fits into a status bar or a notification's title. */
export function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}
