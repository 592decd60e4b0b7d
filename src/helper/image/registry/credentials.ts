import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import * as z from "zod";
import {
  credentialPlaces,
  type DockerAuth,
  type DockerConfig,
  dockerConfigSchema,
  isHelperName,
} from "#core/oci/registry/dockerConfig.ts";
import { ImageError } from "../errors.ts";

/** How to sign in to a registry. Never shown, logged or given to a program as an argument. */
export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** A long-lived token that is exchanged for short-lived ones. */
  | { readonly kind: "identity"; readonly token: string }
  /** A token that is sent as it is. */
  | { readonly kind: "registry"; readonly token: string };

// A helper may ask its user to unlock a keyring.
const helperDeadlineMs = 60_000;
const maxHelperBytes = 64 << 10;
const maxConfigBytes = 4 << 20;

/** What Docker's `config.json` and its helpers know about a registry. */
export async function findCredentials(
  registry: string,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const config = await readDockerConfig();
  if (config === undefined) return undefined;
  for (const place of credentialPlaces(config, registry)) {
    const found =
      place.kind === "entry"
        ? fromEntry(place.entry)
        : await askHelper(place.helper, place.server, signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The credential helper that Docker would keep a sign-in with; undefined when it would use a plain file. */
export async function credentialKeeper(registry: string): Promise<string | undefined> {
  return (await keeperOf(registry))?.helper;
}

/** Has Docker's credential helper keep a sign-in. What is secret goes over its standard input. */
export async function storeCredentials(
  registry: string,
  { username, password }: { username: string; password: string },
): Promise<void> {
  const keeper = await keeperOf(registry);
  if (keeper === undefined) return;
  const answer = await execa(`docker-credential-${keeper.helper}`, ["store"], {
    input: JSON.stringify({ ServerURL: keeper.server, Username: username, Secret: password }),
    reject: false,
    timeout: helperDeadlineMs,
    forceKillAfterDelay: 1_000,
    maxBuffer: maxHelperBytes,
  });
  if (!answer.failed) return;
  const said = answer.stdout
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 200);
  // A helper that repeats its input must not make us print it.
  const reason = said.includes(password) ? "" : said;
  const message = `docker-credential-${keeper.helper} does not keep the sign-in`;
  throw new ImageError("credentials", reason === "" ? message : `${message}: ${reason}`);
}

async function keeperOf(registry: string) {
  const config = await readDockerConfig();
  const places = config === undefined ? [] : credentialPlaces(config, registry);
  const keeper = places.find((place) => place.kind === "helper");
  return keeper !== undefined && isHelperName(keeper.helper) ? keeper : undefined;
}

export function dockerConfigDir(): string {
  return process.env.DOCKER_CONFIG || join(homedir(), ".docker");
}

async function readDockerConfig(): Promise<DockerConfig | undefined> {
  const path = join(dockerConfigDir(), "config.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    // Most people have none; one that cannot be read is like none, as for Docker.
    return undefined;
  }
  if (text.length > maxConfigBytes || text.trim() === "") return undefined;
  const parsed = dockerConfigSchema.safeParse(parseJson(text));
  // The details could show parts of what the file keeps secret.
  if (!parsed.success) throw new ImageError("credentials", `${path} is not valid`);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromEntry(entry: DockerAuth): Credentials | undefined {
  if (entry.registrytoken) return { kind: "registry", token: entry.registrytoken };
  if (entry.identitytoken) return { kind: "identity", token: entry.identitytoken };
  const pair = Buffer.from(entry.auth ?? "", "base64")
    .toString("utf8")
    .replace(/\0+$/, "");
  const colon = pair.indexOf(":");
  const username = colon > 0 ? pair.slice(0, colon) : entry.username;
  const password = colon > 0 ? pair.slice(colon + 1) : entry.password;
  return username && password ? { kind: "password", username, password } : undefined;
}

const helperAnswer = z.looseObject({ Username: z.string(), Secret: z.string() });

/** Runs `docker-credential-<helper> get`. One that knows nothing, or fails, is like none. */
async function askHelper(
  helper: string,
  server: string,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  if (!isHelperName(helper)) {
    throw new ImageError("credentials", "Docker's config.json names a credential helper by a path");
  }
  const answer = await execa(`docker-credential-${helper}`, ["get"], {
    input: server,
    reject: false,
    timeout: helperDeadlineMs,
    forceKillAfterDelay: 1_000,
    maxBuffer: maxHelperBytes,
    cancelSignal: signal,
    stderr: "ignore",
  });
  signal.throwIfAborted();
  const parsed = helperAnswer.safeParse(answer.failed ? undefined : parseJson(answer.stdout));
  if (!parsed.success || parsed.data.Secret === "") return undefined;
  const { Username: username, Secret: secret } = parsed.data;
  if (username === "<token>") return { kind: "identity", token: secret };
  return username === "" ? undefined : { kind: "password", username, password: secret };
}
