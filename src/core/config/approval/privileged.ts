import { isBelow } from "#shared/paths.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { compareBytes } from "../names/order.ts";
import { type Provenance, visitScalars } from "../provenance/provenance.ts";
import type { Config } from "../schema.ts";
import { parseTemplate, type TemplatePart } from "../substitute.ts";
import type { Origin } from "../types.ts";

/**
 * One thing that the sandbox may (`grant`), or that it is kept from (`limit`), and that a guest must
 * not get or lose by editing the project's files.
 */
export type PrivilegedEntry = {
  kind: "grant" | "limit";
  /** Key that says so. Elements of lists share the list's key: their order means nothing. */
  keyPath: string;
  value: unknown;
};

/** Sorted, so that equal parts have equal texts. */
export type PrivilegedPart = readonly PrivilegedEntry[];

/** What has to be known of the host to judge paths. */
export type PathFacts = {
  /** Project directory, symlinks resolved. */
  projectDir: string;
  /** A path as written in the configuration, made absolute with symlinks resolved. */
  resolve: (path: string) => string;
  /** Whether the guest could put something else at an absolute path: it lies in the project, or a link on the way. */
  isGuestWritable: (path: string) => boolean;
  /** SHA-256 of the boot files in the project, by resolved path: the guest can replace what is there. */
  contents: ReadonlyMap<string, string>;
};

/**
 * Everything in a configuration that reaches beyond the sandbox and the project's own files, or holds
 * the sandbox back. What only the user's own files say is no part of it: they are meant for every project,
 * and a guest cannot write them, unless they are in its project.
 */
export function privilegedPart(
  config: Config,
  provenance: Provenance,
  paths: PathFacts,
): PrivilegedPart {
  const collector = new Collector(provenance, paths);
  machine(config, collector, paths);
  mounts(config, collector, paths);
  hostVariables(config, collector);
  network(config, collector);
  limits(config, collector);
  return collector.entries.sort(
    (a, b) => compareBytes(a.keyPath, b.keyPath) || compareBytes(lineOf(a), lineOf(b)),
  );
}

/** The same text for the same part, wherever and whenever it is made. */
export function canonicalJson(part: PrivilegedPart): string {
  return JSON.stringify(part.map(({ kind, keyPath, value }) => [kind, keyPath, value]));
}

/** What makes two entries the same. */
export function lineOf({ kind, keyPath, value }: PrivilegedEntry): string {
  return JSON.stringify([kind, keyPath, value]);
}

class Collector {
  readonly entries: PrivilegedEntry[] = [];
  private readonly provenance: Provenance;
  private readonly paths: PathFacts;
  private readonly writable = new Map<string, boolean>();

  constructor(provenance: Provenance, paths: PathFacts) {
    this.provenance = provenance;
    this.paths = paths;
  }

  /** Adds a grant unless all of the given settings are the user's own. */
  grant(segments: KeySegments, value: unknown, decidedBy: unknown = value): void {
    if (!this.isForeignWithin(segments, decidedBy)) return;
    this.entries.push({ kind: "grant", keyPath: formatKeyPath(segments), value });
  }

  /** Whether something else than the user's own files sets a part of the value. */
  isForeignWithin(segments: KeySegments, value: unknown): boolean {
    return scalarsOf(value, segments).some((each) => this.isForeign(each));
  }

  /** Adds each element of a list that is not the user's own. */
  grantEach(segments: KeySegments, elements: readonly unknown[], isOwn: boolean): void {
    for (const [index, value] of elements.entries()) {
      if (isOwn && !this.isForeign([...segments, index])) continue;
      this.entries.push({ kind: "grant", keyPath: formatKeyPath(segments), value });
    }
  }

  limit(segments: KeySegments, value: unknown): void {
    this.entries.push({ kind: "limit", keyPath: formatKeyPath(segments), value });
  }

  /** Whether something other than the user's own files and the defaults sets the value. */
  isForeign(segments: KeySegments): boolean {
    const origin = this.provenance.answerableOrigin(segments);
    return origin !== undefined && !this.isUsers(origin);
  }

  /** The user's own value that a project's file has replaced. */
  usersValue(segments: KeySegments): unknown {
    const settings = this.provenance.settings(segments);
    const users = settings.filter(({ origin }) => this.isUsers(this.provenance.place(origin)));
    return users.at(-1)?.value;
  }

  private isUsers({ scope, path }: Origin): boolean {
    if (scope === "default") return true;
    if (scope !== "user") return false;
    const known = this.writable.get(path) ?? this.paths.isGuestWritable(path);
    this.writable.set(path, known);
    return !known;
  }
}

function scalarsOf(value: unknown, segments: KeySegments): KeySegments[] {
  const found: KeySegments[] = [];
  visitScalars(value, segments, (each) => found.push(each));
  return found;
}

function machine({ vm, daemons }: Config, to: Collector, paths: PathFacts): void {
  for (const key of ["kernel", "initramfs"] as const) {
    if (vm[key] === undefined) continue;
    const path = paths.resolve(vm[key]);
    const sha256 = paths.contents.get(path);
    to.grant(["vm", key], sha256 === undefined ? path : { path, sha256 }, vm[key]);
  }
  if (vm.kvm) to.grant(["vm", "kvm"], true);
  if (!vm.harden) to.grant(["vm", "harden"], false);
  if (vm.image.insecure) to.grant(["vm", "image", "insecure"], true);
  const layout = /^oci:(.*)$/.exec(vm.image.name)?.[1];
  const ownState = [paths.resolve(`${paths.projectDir}/.airlock`)];
  if (layout !== undefined && !isSeenAnyway(paths.resolve(layout), ownState, paths)) {
    to.grant(["vm", "image", "name"], vm.image.name);
  }
  for (const [name, daemon] of Object.entries(daemons)) {
    if (daemon.enabled && !daemon.harden) to.grant(["daemons", name, "harden"], false);
  }
}

function mounts(config: Config, to: Collector, paths: PathFacts): void {
  const masks = enabled(config.mask).flatMap(([, mask]) => mask.paths);
  const hidden = [".airlock", ...masks].map((path) => paths.resolve(`${paths.projectDir}/${path}`));
  for (const [name, mount] of Object.entries(config.mounts)) {
    const { enabled: _, missing, create_mode, file_content, ...rest } = mount;
    const source = paths.resolve(mount.source);
    if (!mount.enabled || isSeenAnyway(source, hidden, paths)) continue;
    const creates = missing === "create-dir" || missing === "create-file";
    const creation = creates ? { missing, create_mode, file_content } : {};
    to.grant(["mounts", name], { ...rest, source, ...defined(creation) }, mount);
  }
}

/** The guest has the project's files anyway, but neither the sandbox's own state nor what is masked. */
function isSeenAnyway(source: string, hidden: readonly string[], paths: PathFacts): boolean {
  return (
    isBelow(source, paths.projectDir) &&
    !hidden.some((path) => isBelow(source, path) || isBelow(path, source))
  );
}

function defined(table: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined));
}

/** Variables of the host may be secrets; the template says which ones go where. */
function hostVariables({ env, daemons }: Config, to: Collector): void {
  templates(env, ["env"], to);
  for (const [name, daemon] of Object.entries(daemons)) {
    if (daemon.enabled) templates(daemon.env, ["daemons", name, "env"], to);
  }
}

function templates(env: Record<string, string>, segments: KeySegments, to: Collector): void {
  for (const [name, template] of Object.entries(env)) {
    if (hasVariable(template)) to.grant([...segments, name], template);
  }
}

function hasVariable(template: string): boolean {
  const parts = parseTemplate(template);
  return !("error" in parts) && parts.some(({ kind }: TemplatePart) => kind === "variable");
}

function network({ network }: Config, to: Collector): void {
  const { policy, rules, middleware, ports, sockets } = network;
  for (const [name, rule] of enabled(rules)) {
    const segments = ["network", "rules", name];
    const isOwn = !to.isForeign([...segments, "enabled"]);
    // It leaves TLS alone under every policy that lets anything out.
    const passes = rule.passthrough && policy !== "deny-always";
    if (passes) to.grant([...segments, "passthrough"], true);
    // Where everything is allowed that no rule denies, allowing adds nothing else.
    if (passes || policy === "deny-by-default") {
      to.grantEach([...segments, "allow"], rule.allow, isOwn);
    }
  }
  for (const [name, entry] of enabled(middleware)) {
    const { enabled: _, ...rest } = entry;
    to.grant(["network", "middleware", name], rest, entry);
  }
  for (const [name, { host, guest }] of enabled(ports)) {
    const segments = ["network", "ports", name];
    const isOwn = !to.isForeign([...segments, "enabled"]);
    to.grantEach([...segments, "host"], host, isOwn);
    to.grantEach([...segments, "guest"], guest, isOwn);
  }
  for (const [name, socket] of enabled(sockets)) {
    to.grant(["network", "sockets", name], socket.host, socket);
  }
}

function enabled<Entry extends { enabled: boolean }>(
  entries: Record<string, Entry>,
): [string, Entry][] {
  return Object.entries(entries).filter(([, entry]) => entry.enabled);
}

/** The policies, strictest first. */
export const policies = ["deny-always", "deny-by-default", "allow-by-default", "allow-always"];

/** What holds the guest back: to lose one of these is to gain something. */
function limits({ network, mask }: Config, to: Collector): void {
  const { policy, rules, middleware } = network;
  const usersPolicy = to.usersValue(["network", "policy"]);
  if (policies.indexOf(policy) > policies.indexOf(String(usersPolicy ?? "allow-always"))) {
    to.grant(["network", "policy"], policy);
  }
  if (policy !== "allow-always") to.limit(["network", "policy"], policy);
  const usesRules = policy === "deny-by-default" || policy === "allow-by-default";
  for (const [name, { enabled, deny }] of Object.entries(rules)) {
    limitEach(
      ["network", "rules", name],
      { key: "deny", enabled, list: usesRules ? deny : [] },
      to,
    );
  }
  for (const [name, { enabled, ...entry }] of Object.entries(middleware)) {
    const segments = ["network", "middleware", name];
    // What is the user's own in full cannot be taken away but by switching it off.
    if (!enabled || to.isForeignWithin(segments, entry)) {
      limitEach(segments, { enabled, list: [entry] }, to);
    }
  }
  for (const [name, { enabled, paths }] of Object.entries(mask)) {
    limitEach(["mask", name], { key: "paths", enabled, list: paths }, to);
  }
}

type Limits = { key?: string; enabled: boolean; list: readonly unknown[] };

/** A project that switches off a limit of the user's own files gains something, too. */
function limitEach(
  segments: readonly string[],
  { key, enabled, list }: Limits,
  to: Collector,
): void {
  const limited = key === undefined ? segments : [...segments, key];
  if (enabled) for (const each of list) to.limit(limited, each);
  else if (list.length > 0 && to.usersValue(segments) !== undefined) {
    to.grant([...segments, "enabled"], false);
  }
}
