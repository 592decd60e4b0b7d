/** A place in a file, 1-based, as our messages name it. */
export type Place = { path: string; line: number; column: number };

/** The first `path:line:column:` of a message, such as `/p/airlock.toml:3:8: error: …`. */
export function placeIn(message: string): Place | undefined {
  const match = /^(?<path>\S.*?):(?<line>\d+):(?<column>\d+):/m.exec(message);
  if (match?.groups === undefined) return undefined;
  const { path = "", line, column } = match.groups;
  return { path, line: Number(line), column: Number(column) };
}

/**
 * A message in one line, for a notification or a status bar: the first problem of a list with the
 * number of the others, and paths as seen from the folder.
 */
export function headline(message: string, folder?: string): string {
  const lines = (folder === undefined ? message : message.replaceAll(`${folder}/`, ""))
    .split("\n")
    .filter((line) => line.trim() !== "");
  const isList = lines.length > 1 && (lines[0]?.endsWith(":") ?? false);
  const [first = "", ...others] = isList ? lines.slice(1) : lines.slice(0, 1);
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return `${first.trim().replace(": error: ", ": ")}${more}`;
}
