import { stringify } from "smol-toml";

/** What another tool's description of an environment amounts to in our configuration. */
export type Imported = {
  /** File it comes from, as seen from the project. */
  from: string;
  image: string | undefined;
  /** Templates by name of the variable. */
  env: Record<string, string>;
  /** Ports of the guest to publish: a number, or `"<hostPort>:<guestPort>"`. */
  ports: (number | string)[];
  mounts: Record<string, { source: string; target: string; read_only?: boolean }>;
  caches: Record<string, { paths: string[] }>;
  /** What could not be carried over, one sentence each. */
  notes: string[];
};

export function nothingImported(from: string): Imported {
  return { from, image: undefined, env: {}, ports: [], mounts: {}, caches: {}, notes: [] };
}

/** Adds `[env]`, mounts and more as TOML, and what could not be carried over as comments. */
export function importedToml({ from, env, ports, mounts, caches, notes }: Imported): string {
  const sections = {
    ...(hasEntries(env) && { env }),
    ...(ports.length > 0 && { network: { ports: { imported: { guest: ports } } } }),
    ...(hasEntries(mounts) && { mounts }),
    ...(hasEntries(caches) && { disk: { cache: caches } }),
  };
  const lines: string[] = [];
  if (hasEntries(sections)) lines.push(`# From ${from}:`, stringify(sections).trimEnd(), "");
  if (notes.length > 0) {
    lines.push(
      `# Not carried over from ${from}:`,
      ...notes.map((note) => `# - ${oneLine(note)}`),
      "",
    );
  }
  return lines.join("\n");
}

function hasEntries(table: object): boolean {
  return Object.keys(table).length > 0;
}

/** Keeps a text from the other file inside its comment. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{C}+/gu, " ");
}

/** A name for a table, made of a path or the like; names become names of files. */
export function entryName(text: string, taken: object): string {
  const base = text.replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(/^-+|-+$/g, "") || "imported";
  let name = base;
  for (let n = 2; Object.hasOwn(taken, name) || name in Object.prototype; n++)
    name = `${base}-${n}`;
  return name;
}

/** Writes a text such that a template has it as it is. */
export function templateText(text: string): string {
  return text.replaceAll(/[\\$]/g, "\\$&");
}
