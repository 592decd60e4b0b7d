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

/** What is remembered after a look at a terminal, whose folder is known when it is one of a sandbox. */
export function afterLook(
  known: KnownTerminals,
  shown: Shown,
  folder: string | undefined,
): KnownTerminals {
  const { pid, name } = shown;
  if (pid === undefined) return known;
  if (folder !== undefined) return { ...known, [pid]: { folder, name } };
  return knownFolder(known, shown) === undefined ? withoutTerminal(known, pid) : known;
}

export function withoutTerminal(known: KnownTerminals, pid: number): KnownTerminals {
  const { [pid]: _, ...others } = known;
  return others;
}
