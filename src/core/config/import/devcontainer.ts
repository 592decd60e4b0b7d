import { type ParseError, parse } from "jsonc-parser";
import { entryName, type Imported, nothingImported, templateText } from "./imported.ts";

type Json = Record<string, unknown>;

/** Reads a devcontainer.json: image, mounts, ports and environment. Never throws. */
export function importDevcontainer(from: string, text: string): Imported {
  const imported = nothingImported(from);
  const errors: ParseError[] = [];
  const root: unknown = parse(text, errors, { allowTrailingComma: true });
  if (!isTable(root) || errors.length > 0) {
    imported.notes.push("everything: the file is no JSON with comments");
    return imported;
  }
  const importer = new Importer(imported);
  for (const [key, value] of Object.entries(root)) importer.take(key, value);
  return imported;
}

function isTable(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class Importer {
  private readonly to: Imported;

  constructor(to: Imported) {
    this.to = to;
  }

  take(key: string, value: unknown): void {
    const take = Object.hasOwn(this.takers, key) ? this.takers[key] : undefined;
    const reason = Object.hasOwn(reasons, key) ? reasons[key] : undefined;
    if (take !== undefined) take(value);
    else if (reason !== "") this.to.notes.push(`${key}: ${reason ?? "there is nothing like it"}`);
  }

  private readonly takers: Readonly<Record<string, (value: unknown) => void>> = {
    image: (value) => {
      if (typeof value === "string") this.image(value);
    },
    containerEnv: (value) => this.env("containerEnv", value),
    remoteEnv: (value) => this.env("remoteEnv", value),
    forwardPorts: (value) => this.ports("forwardPorts", value),
    appPort: (value) => this.ports("appPort", Array.isArray(value) ? value : [value]),
    mounts: (value) => {
      if (Array.isArray(value)) for (const mount of value) this.mount(mount);
    },
    privileged: (value) => {
      if (value !== true) return;
      this.to.notes.push("privileged: `vm.harden = false` is the nearest thing, if it is needed");
    },
  };

  /** Our images are no templates: what another one's variables say by default is all that can be taken. */
  private image(text: string): void {
    // biome-ignore lint/complexity/useMaxParams: text.replace gives them so.
    const image = text.replace(variable, (whole, kind: string, _name, fallback?: string) =>
      kind === "localEnv" && fallback ? fallback : whole,
    );
    if (image.includes("$")) {
      this.to.notes.push("image: its name has variables; write it out in `vm.image`");
      return;
    }
    this.to.image = image;
    if (image !== text) {
      this.to.notes.push("image: its variables were replaced by their defaults");
    }
  }

  private env(key: string, value: unknown): void {
    if (!isTable(value)) return;
    for (const [name, text] of Object.entries(value)) {
      // Null unsets a variable that the image sets.
      const template = typeof text === "string" ? toTemplate(text) : undefined;
      if (template !== undefined) this.to.env[name] = template;
      else this.to.notes.push(`${key}.${name}: its value has no counterpart`);
    }
  }

  private ports(key: string, value: unknown): void {
    if (!Array.isArray(value)) return;
    for (const port of value) {
      const mapping = toMapping(port);
      if (mapping === undefined)
        this.to.notes.push(`${key}: ${JSON.stringify(port)} is no port here`);
      else if (!this.to.ports.includes(mapping)) this.to.ports.push(mapping);
    }
  }

  private mount(value: unknown): void {
    const { type, source, target, readOnly } = mountFields(value);
    const isVolume = type === "volume";
    const path = source === undefined || isVolume ? source : toHostPath(source);
    if (target === undefined || target.includes("$") || (path === undefined && !isVolume)) {
      this.to.notes.push(`mounts: ${JSON.stringify(value)} has no counterpart`);
      return;
    }
    if (isVolume) {
      const name = entryName(plainName(source) ?? target, this.to.caches);
      this.to.caches[name] = { paths: [target] };
    } else if (type === "bind" && path !== undefined) {
      const name = entryName(target, this.to.mounts);
      this.to.mounts[name] = { source: path, target, ...(readOnly && { read_only: true }) };
    } else this.to.notes.push(`mounts: the type of ${JSON.stringify(value)} does not exist here`);
  }
}

function plainName(source: string | undefined): string | undefined {
  return source?.includes("$") ? undefined : source;
}

type MountFields = {
  type: string;
  source: string | undefined;
  target: string | undefined;
  readOnly: boolean;
};

/** Reads both forms: a table, and `type=bind,source=…,target=…` as Docker's `--mount` has it. */
function mountFields(value: unknown): MountFields {
  const pairs = String(value)
    .split(",")
    .map((part) => [part.split("=", 1)[0] ?? "", part.slice(part.indexOf("=") + 1)]);
  const fields: Json = isTable(value) ? value : Object.fromEntries(pairs);
  const text = (...names: string[]) => {
    const found = names.map((name) => fields[name]).find((each) => typeof each === "string");
    return found as string | undefined;
  };
  const flags = ["readonly", "ro"].map((name) => text(name));
  return {
    type: text("type") ?? "volume",
    source: text("source", "src"),
    target: text("target", "destination", "dst"),
    readOnly: flags.some((flag) => flag !== undefined && flag !== "false" && flag !== "0"),
  };
}

const variable = /\$\{(\w+)(?::([^}:]*)(?::([^}]*))?)?\}/g;

/** Text with `${localEnv:NAME:default}` as a template of ours; other variables have no counterpart. */
function toTemplate(text: string): string | undefined {
  let template = "";
  let at = 0;
  for (const match of text.matchAll(variable)) {
    const [whole, kind, name = "", fallback = ""] = match;
    if (kind !== "localEnv" && kind !== "env") return undefined;
    if (!/^\w+$/.test(name)) return undefined;
    // There, a variable that is not set is empty.
    const escaped = fallback.replaceAll(/[\\${}]/g, "\\$&");
    template += `${templateText(text.slice(at, match.index))}\${${name}:${escaped}}`;
    at = match.index + whole.length;
  }
  return template + templateText(text.slice(at));
}

/** A path of the host; only the home directory and the project can be named by variables. */
function toHostPath(source: string): string | undefined {
  const path = source
    .replace(/^\$\{localEnv:HOME\}(?:\$\{localEnv:USERPROFILE\})?/, "~")
    .replace(/^\$\{localWorkspaceFolder\}/, ".");
  return path.includes("$") ? undefined : path;
}

function toMapping(port: unknown): number | string | undefined {
  if (typeof port === "number") return isPort(port) ? port : undefined;
  const match = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(String(port));
  if (match === null) return undefined;
  const guest = Number(match[2]);
  const host = match[1] === undefined ? guest : Number(match[1]);
  if (!isPort(guest) || !isPort(host)) return undefined;
  return host === guest ? guest : `${host}:${guest}`;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

const commands = "commands are not run by a start; run it in the sandbox once";
const editor = "VS Code itself stays on the host";
const build = "images are not built; build it and name the image in `vm.image`";

/** Why a key is not carried over; empty where nothing is lost by it. */
const reasons: Readonly<Record<string, string>> = {
  $schema: "",
  name: "",
  build,
  dockerFile: build,
  context: build,
  dockerComposeFile: "several containers are not supported; daemons may do for services",
  service: "",
  runServices: "",
  features: "features are not installed; use an image that has them",
  overrideFeatureInstallOrder: "",
  initializeCommand: commands,
  onCreateCommand: commands,
  updateContentCommand: commands,
  postCreateCommand: commands,
  postStartCommand: commands,
  postAttachCommand: commands,
  waitFor: "",
  customizations: editor,
  extensions: editor,
  settings: editor,
  portsAttributes: "",
  otherPortsAttributes: "",
  remoteUser: "commands run as the image's user",
  containerUser: "commands run as the image's user",
  updateRemoteUserUID: "",
  workspaceFolder: "the project is at its own path; `airlock start --sandbox-cwd` changes that",
  workspaceMount: "the project is at its own path; `airlock start --sandbox-cwd` changes that",
  runArgs: "there is no Docker to hand arguments to",
  capAdd: "capabilities are not configured one by one; see `vm.harden`",
  securityOpt: "see `vm.harden`",
  init: "",
  overrideCommand: "",
  shutdownAction: "",
  userEnvProbe: "",
  hostRequirements: "see `vm.cpus`, `vm.memory` and `disk.size`",
};
