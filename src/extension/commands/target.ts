import { posix } from "node:path";
import { configurationExtensions } from "#shared/contributions.ts";

/** The parts of a URI, as VS Code hands them over itself or in a command link's plain JSON. */
export type UriLike = {
  readonly scheme: string;
  readonly authority?: string;
  readonly path: string;
};

/** What the argument of a command is about. */
export type Target =
  /** There was no argument: the user chooses. */
  | { kind: "none" }
  /** A workspace folder, by its URI. */
  | { kind: "folder"; uri: UriLike }
  /** The configuration of a directory inside a workspace folder, which is a sandbox of its own. */
  | { kind: "nested"; path: string }
  /** Nothing that this window has open. */
  | { kind: "unknown"; text: string };

/** Reads a command's argument: a folder or anything in it, as a URI. */
export function targetOf(
  argument: unknown,
  folderOf: (uri: UriLike) => UriLike | undefined,
): Target {
  if (argument === undefined || argument === null) return { kind: "none" };
  if (!isUriLike(argument)) return { kind: "unknown", text: String(argument) };
  const folder = folderOf(argument);
  if (folder === undefined) return { kind: "unknown", text: argument.path };
  const isAbove = posix.dirname(argument.path) === folder.path.replace(/(?<=.)\/$/, "");
  if (isConfiguration(argument.path) && !isAbove) {
    return { kind: "nested", path: posix.relative(folder.path, argument.path) };
  }
  return { kind: "folder", uri: folder };
}

const stems = ["airlock", "airlock.local"];
const names = stems.flatMap((stem) => configurationExtensions.map((end) => `${stem}.${end}`));

function isConfiguration(path: string): boolean {
  return names.includes(posix.basename(path));
}

function isUriLike(value: unknown): value is UriLike {
  if (typeof value !== "object" || value === null) return false;
  return (
    "scheme" in value &&
    typeof value.scheme === "string" &&
    "path" in value &&
    typeof value.path === "string"
  );
}
