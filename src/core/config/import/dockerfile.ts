import { type Imported, nothingImported, templateText } from "./imported.ts";

type Stage = { image: string } & Pick<Imported, "env" | "ports">;
type Instruction = { name: string; rest: string };

/** Reads the last stage of a Dockerfile: its base image, environment and ports. Never throws. */
export function importDockerfile(from: string, text: string): Imported {
  const reader = new Reader(from);
  for (const { name, rest } of instructions(text)) reader.take(name, rest);
  return reader.finish();
}

class Reader {
  private readonly imported: Imported;
  private readonly args = new Map<string, string>();
  private readonly stages = new Map<string, Stage>();
  /** Instructions that only a build can follow. */
  private readonly left = new Set<string>();

  constructor(from: string) {
    this.imported = nothingImported(from);
  }

  take(name: string, rest: string): void {
    if (name === "ARG") setArgument(rest, this.args);
    else if (name === "FROM") this.begin(rest);
    else if (name === "ENV") addEnv(rest, this.imported.env);
    else if (name === "EXPOSE") addPorts(rest, this.imported);
    else if (notable.has(name)) this.left.add(name);
  }

  finish(): Imported {
    const { imported } = this;
    if (imported.image?.includes("$")) imported.image = undefined;
    for (const name of this.left) imported.notes.push(`${name}: ${noBuild}`);
    return imported;
  }

  /** A new stage begins with what the one has that it is based on, and nothing else. */
  private begin(rest: string): void {
    const { image: written, stage } = base(rest, this.args);
    const parent = this.stages.get(written);
    const own: Stage = {
      image: parent?.image ?? written,
      env: { ...parent?.env },
      ports: [...(parent?.ports ?? [])],
    };
    Object.assign(this.imported, { ...own, notes: [] });
    this.left.clear();
    if (stage !== undefined) this.stages.set(stage, own);
  }
}

const noBuild = "images are not built; build it and name the image in `vm.image`";
const notable = new Set(["RUN", "COPY", "ADD", "USER", "CMD", "ENTRYPOINT", "VOLUME"]);

/** Lines joined at their continuation, without comments and heredocs' bodies. */
function instructions(text: string): Instruction[] {
  const found: Instruction[] = [];
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*#/.test(line));
  const joined = lines.join("\n").replaceAll(/\\[ \t]*\n/g, " ");
  let heredoc: string | undefined;
  for (const line of joined.split("\n")) {
    if (heredoc !== undefined) {
      if (line.trim() === heredoc) heredoc = undefined;
      continue;
    }
    const match = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line);
    if (match === null) continue;
    const [, name = "", rest = ""] = match;
    found.push({ name: name.toUpperCase(), rest: rest.trim() });
    heredoc = /<<-?["']?(\w+)["']?/.exec(rest)?.[1];
  }
  return found;
}

function setArgument(rest: string, args: Map<string, string>): void {
  const [name = "", value] = rest.split("=", 2);
  if (value !== undefined) args.set(name, unquote(value));
}

function base(rest: string, args: ReadonlyMap<string, string>) {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith("--"));
  const [written = "", as, stage] = words;
  const image = written.replaceAll(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    // biome-ignore lint/complexity/useMaxParams: replaceAll gives them so.
    (whole, plain?: string, braced?: string, fallback?: string) =>
      args.get(plain ?? braced ?? "") ?? fallback ?? whole,
  );
  return { image, stage: as?.toLowerCase() === "as" ? stage : undefined };
}

/** Only values that are no expressions: those would have to be expanded as Docker does. */
function addEnv(rest: string, env: Record<string, string>): void {
  const pairs = [...rest.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)];
  const old = /^(\w+)\s+([^=].*)$/.exec(rest);
  const found = pairs.length > 0 ? pairs : old === null ? [] : [old];
  for (const [, name = "", value = ""] of found) {
    if (!value.includes("$") && !(name in Object.prototype))
      env[name] = templateText(unquote(value));
  }
}

function addPorts(rest: string, { ports, notes }: Imported): void {
  for (const word of rest.split(/\s+/)) {
    const match = /^(\d{1,5})(?:\/tcp)?$/i.exec(word);
    const port = Number(match?.[1]);
    if (port >= 1 && port <= 65_535) ports.push(port);
    else notes.push(`EXPOSE: ${word} is no port here`);
  }
}

function unquote(text: string): string {
  const match = /^(["'])(.*)\1$/.exec(text);
  return match?.[2] === undefined ? text : match[2].replaceAll(/\\(["\\])/g, "$1");
}
