/** Terminals of sandboxes by their processes, as they are remembered over a reload of the window. */
export type KnownTerminals = Readonly<Record<string, KnownTerminal>>;

type KnownTerminal = { readonly folder: string; readonly name: string };

/** A terminal as VS Code shows it, with the number of its process. */
type Shown = { readonly pid: number | undefined; readonly name: string };

/** What is remembered without the processes that have ended: the system gives their numbers to others. */
export function livingTerminals(
  known: KnownTerminals,
  isAlive: (pid: number) => boolean,
): KnownTerminals {
  return Object.fromEntries(Object.entries(known).filter(([pid]) => isAlive(Number(pid))));
}

/** Folder of a terminal's sandbox; a terminal of another name only has the number of one that was ours. */
export function knownFolder(known: KnownTerminals, { pid, name }: Shown): string | undefined {
  const found = pid === undefined ? undefined : known[pid];
  return found?.name === name ? found.folder : undefined;
}

export function withoutTerminal(known: KnownTerminals, pid: number): KnownTerminals {
  const { [pid]: _, ...others } = known;
  return others;
}
