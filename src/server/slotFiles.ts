import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import {
  configExtensions,
  configSlots,
  formerFileNames,
  renamed,
  shadowed,
  slotFiles,
} from "#core/config/slots.ts";
import { type ConfigSource, type Diagnostic, startOfFile } from "#core/config/types.ts";

/** What of the file system and of the editor makes up a project's configuration. */
export type SlotContents = { sources: ConfigSource[]; diagnostics: Diagnostic[] };

/** What there is of a file: its text, why it has none, or nothing at all. */
export type FileState = { text: string } | { problem: string } | undefined;

/** Files as the editor has them, or else as they are stored. */
export type Files = {
  /** Undefined when the file is not open. */
  openText: (path: string) => string | undefined;
  read: (path: string) => Promise<FileState>;
};

/** What kind of configuration a file is by its name; undefined for any other file. */
export function kindOf(path: string): "project" | "user" | "settings" | undefined {
  const name = basename(path);
  const extensions = configExtensions.join("|");
  const home = homedir();
  const isUserDir = dirname(path) === join(home, ".airlock");
  if (isUserDir && new RegExp(`^settings\\.(${extensions})$`).test(name)) return "settings";
  if (isUserDir && new RegExp(`^config\\.(${extensions})$`).test(name)) return "user";
  if (dirname(path) === home && new RegExp(`^\\.airlock\\.(${extensions})$`).test(name)) {
    return "user";
  }
  return new RegExp(`^airlock(\\.local)?\\.(${extensions})$`).test(name) ? "project" : undefined;
}

/** Reads the slots of a project as a start would, but with what the editor has not saved yet. */
export async function readSlots(project: string | undefined, files: Files): Promise<SlotContents> {
  const slots = configSlots(homedir(), project ?? "").filter(
    ({ scope }) => scope === "user" || project !== undefined,
  );
  const contents: SlotContents = { sources: [], diagnostics: [] };
  for (const slot of slots) {
    let used: string | undefined;
    for (const path of slotFiles(slot)) {
      if (used !== undefined) {
        if (files.openText(path) !== undefined) contents.diagnostics.push(shadowed(path, used));
      } else if (await addFile({ path, scope: slot.scope }, files, contents)) used = path;
    }
  }
  contents.diagnostics.push(...(await formerFiles(project, files)));
  return contents;
}

async function addFile(
  { path, scope }: Pick<ConfigSource, "path" | "scope">,
  files: Files,
  contents: SlotContents,
): Promise<boolean> {
  const open = files.openText(path);
  const state = open === undefined ? await files.read(path) : { text: open };
  if (state === undefined) return false;
  if ("text" in state) contents.sources.push({ scope, path, text: state.text });
  else {
    const text = `the file cannot be read: ${state.problem}`;
    contents.diagnostics.push(unreadable(path, text));
  }
  return true;
}

/** Files of the project with names of long ago. */
async function formerFiles(project: string | undefined, files: Files): Promise<Diagnostic[]> {
  if (project === undefined) return [];
  const found = Object.keys(formerFileNames).map(async (name) => {
    const path = join(project, name);
    return (await files.read(path)) === undefined ? [] : [renamed(path)];
  });
  return (await Promise.all(found)).flat();
}

function unreadable(path: string, message: string): Diagnostic {
  const place = { path, range: startOfFile, keyPath: "" };
  return { severity: "error", code: "unreadable", message, ...place };
}

/** Symlinks resolved where possible, so that a file has one name whichever way it was opened. */
export async function resolved(path: string): Promise<string> {
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch {
    // A new file in a folder that does not exist yet keeps the name the editor gave it.
    return path;
  }
}
