import { type ConfigSource, type Diagnostic, startOfFile } from "./types.ts";

/** Tried in this order inside a slot; the first that exists is the slot's file. */
export const configExtensions = ["toml", "json", "yaml", "yml"] as const;

export type ConfigSlot = {
  scope: ConfigSource["scope"];
  /** Path without extension, `/`-separated; an extension is appended, never put in place of one. */
  stem: string;
};

/** The four slots, weakest first. Without a home directory there are only the project's. */
export function configSlots(home: string, project: string): ConfigSlot[] {
  const user: ConfigSlot[] = [
    { scope: "user", stem: `${home}/.airlock/config` },
    { scope: "user", stem: `${home}/.airlock` },
  ];
  return [
    ...(home === "" ? [] : user),
    { scope: "project", stem: `${project}/airlock` },
    { scope: "local", stem: `${project}/airlock.local` },
  ];
}

/** The files of a slot, in the order they are looked for. */
export function slotFiles(slot: { stem: string }): string[] {
  return configExtensions.map((extension) => `${slot.stem}.${extension}`);
}

/** Very old names of the project's files, with the names that are read today. */
export const formerFileNames: Readonly<Record<string, string>> = {
  "ez.toml": "airlock.toml",
  "ez.local.toml": "airlock.local.toml",
};

/** A file of a slot of which an earlier format is there. */
export function shadowed(path: string, used: string): Diagnostic {
  const message = `this file is not read, because \`${fileName(used)}\` stands beside it`;
  return wholeFile("shadowed", path, message);
}

/** A file with a name of long ago has no effect; its owner should know. */
export function renamed(path: string): Diagnostic {
  const message = `this file is not read; its name is \`${formerFileNames[fileName(path)]}\` now`;
  return wholeFile("renamed", path, message);
}

function wholeFile(code: string, path: string, message: string): Diagnostic {
  return { severity: "warning", code, message, path, range: startOfFile, keyPath: "" };
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
