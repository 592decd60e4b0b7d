import type { ConfigSource } from "./types.ts";

/** Tried in this order inside a slot; the first that exists is the slot's file. */
export const configExtensions = ["toml", "json", "yaml", "yml"] as const;

export type ConfigSlot = {
  scope: ConfigSource["scope"];
  /** Path without extension, `/`-separated; an extension is appended, never put in place of one. */
  stem: string;
};

/** The four slots, weakest first. */
export function configSlots(home: string, project: string): ConfigSlot[] {
  return [
    { scope: "user", stem: `${home}/.airlock/config` },
    { scope: "user", stem: `${home}/.airlock` },
    { scope: "project", stem: `${project}/airlock` },
    { scope: "local", stem: `${project}/airlock.local` },
  ];
}

/** The files of a slot, in the order they are looked for. */
export function slotFiles(slot: { stem: string }): string[] {
  return configExtensions.map((extension) => `${slot.stem}.${extension}`);
}
