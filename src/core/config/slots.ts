import type { ConfigSource } from "./types.ts";

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
