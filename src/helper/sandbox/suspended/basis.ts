import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Config } from "#core/config/schema.ts";
import { pulledImage } from "#helper/image/projects.ts";
import type { Qemu } from "#helper/machine/qemu.ts";
import type { SupervisorSpec } from "../spec.ts";

/** What a sandbox is started from, part by part: names for people, with a digest of each. */
export type Basis = Readonly<Record<string, string>>;

export type BasisFacts = {
  config: Config;
  /** Digest of the configuration's privileged part. */
  approval: string;
  projectDir: string;
  guestPath: string;
  qemu: Qemu;
  accelerator: SupervisorSpec["machine"]["accelerator"];
  kernelPath: string;
  initramfsPath: string;
};

const pulledPart = "the pulled image";

/** The basis of a sandbox whose image has been prepared: what was pulled for it is dealt with then. */
export function preparedBasis(basis: Basis): Basis {
  return { ...basis, [pulledPart]: "" };
}

/** Parts without which a saved machine cannot be loaded. */
const foundation = ["QEMU", "the accelerator", "the kernel"];

export async function startBasis(facts: BasisFacts): Promise<Basis> {
  const { config, qemu, accelerator } = facts;
  const { vm, ...sections } = config;
  const parts = [
    ...Object.entries(vm).map(([key, value]) => [`vm.${key}`, value] as const),
    ...Object.entries(sections),
  ];
  return {
    ...Object.fromEntries(parts.map(([key, value]) => [key, digest(value)])),
    "the image's file": digest(await archiveIdentity(vm.image.name, facts.projectDir)),
    [pulledPart]: (await pulledImage(facts.projectDir))?.digest ?? "",
    "the project's path in the sandbox": digest(facts.guestPath),
    "what reaches beyond the sandbox": facts.approval,
    QEMU: digest([qemu.path, qemu.version, await identity(qemu.path)]),
    "the accelerator": accelerator,
    "the kernel": digest([await identity(facts.kernelPath), await identity(facts.initramfsPath)]),
  };
}

/** The parts that differ: those that forbid to go on, and those that only would not count. */
export function changedParts(before: Basis, now: Basis): { fatal: string[]; others: string[] } {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = names.filter((name) => before[name] !== now[name]);
  return {
    fatal: changed.filter((name) => foundation.includes(name)),
    others: changed.filter((name) => !foundation.includes(name)),
  };
}

/** An image in a file of the host is another one when the file is. */
async function archiveIdentity(name: string, projectDir: string): Promise<string> {
  const [, kind, path] = /^(oci|oci-archive|docker-archive):([^:]+)/.exec(name) ?? [];
  if (path === undefined) return "";
  const place = resolve(projectDir, path);
  // A directory stays as it is when a file in it is replaced; the layout's index names what is in it.
  return await identity(kind === "oci" ? join(place, "index.json") : place);
}

async function identity(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "missing" : `${path} ${found.size} ${found.mtimeMs}`;
}

function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("hex");
}
