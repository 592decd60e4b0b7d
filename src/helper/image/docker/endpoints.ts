import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type DockerContext, parseContext, parseCurrentContext } from "#core/oci/docker/context.ts";
import { type DockerEndpoint, parseEndpoint } from "#core/oci/docker/endpoint.ts";
import { ifMissing } from "#helper/files/missing.ts";
import { badDaemonAddress, errorCode, noDaemon } from "./errors.ts";

/** What says where a daemon is: the environment and files of the home directory. */
export type DockerSettings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Sockets to look for when nothing is set; the usual places when left out. */
  readonly sockets?: readonly string[] | undefined;
};

export type TlsFiles = {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly verifies: boolean;
};

/** A daemon to try. */
export type FoundEndpoint = {
  /** For messages. */
  readonly where: string;
  readonly endpoint: DockerEndpoint;
  readonly tls: TlsFiles | undefined;
};

/**
 * The daemons to ask, in this order. One that is named (DOCKER_HOST before DOCKER_CONTEXT before the
 * current context, as in Docker's client) is the only one; otherwise every socket that exists counts.
 */
export async function findEndpoints(settings: DockerSettings): Promise<FoundEndpoint[]> {
  const { env } = settings;
  if (env.DOCKER_HOST) return [await namedEndpoint(settings, env.DOCKER_HOST)];
  const context = await currentContext(settings);
  if (context !== undefined) return [await contextEndpoint(settings, context)];
  const found: FoundEndpoint[] = [];
  const tried = settings.sockets ?? usualSockets(settings);
  for (const path of tried) {
    if (await isThere(path)) {
      found.push({ where: path, endpoint: { type: "unix", path }, tls: undefined });
    }
  }
  if (found.length === 0) throw noDaemon(tried);
  return found;
}

/** Docker's, then that of rootless Docker, Docker Desktop and Podman. */
export function usualSockets({ env, home }: DockerSettings): string[] {
  const runtimeDir = env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.() ?? 0}`;
  return [
    "/var/run/docker.sock",
    join(runtimeDir, "docker.sock"),
    join(home, ".docker/run/docker.sock"),
    join(home, ".docker/desktop/docker.sock"),
    join(runtimeDir, "podman/podman.sock"),
    "/run/podman/podman.sock",
  ];
}

async function namedEndpoint(settings: DockerSettings, address: string): Promise<FoundEndpoint> {
  const { env } = settings;
  const result = parseEndpoint(address);
  if ("problem" in result) throw badDaemonAddress("DOCKER_HOST", result.problem, result.hint);
  const { endpoint } = result;
  if (endpoint.type === "unix") return { where: endpoint.path, endpoint, tls: undefined };
  const wantsTls = endpoint.tls || Boolean(env.DOCKER_TLS_VERIFY) || Boolean(env.DOCKER_CERT_PATH);
  if (!wantsTls) return { where: address, endpoint, tls: undefined };
  const directory = env.DOCKER_CERT_PATH || clientDir(settings);
  // Without DOCKER_TLS_VERIFY Docker's libraries encrypt but do not look at the daemon's certificate.
  const verifies = Boolean(env.DOCKER_TLS_VERIFY) || !env.DOCKER_CERT_PATH;
  const tls = await readTls(directory, verifies, "DOCKER_CERT_PATH");
  return { where: address, endpoint: { ...endpoint, tls: true }, tls };
}

async function currentContext(settings: DockerSettings): Promise<string | undefined> {
  const named = settings.env.DOCKER_CONTEXT;
  const name =
    named || parseCurrentContext((await readText(join(clientDir(settings), "config.json"))) ?? "");
  return name === "default" ? undefined : name;
}

async function contextEndpoint(settings: DockerSettings, name: string): Promise<FoundEndpoint> {
  const origin = `the Docker context "${name}"`;
  const id = createHash("sha256").update(name).digest("hex");
  const contexts = join(clientDir(settings), "contexts");
  const text = await readText(join(contexts, "meta", id, "meta.json"));
  const context = text === undefined ? undefined : parseContext(text);
  if (context === undefined) {
    const hint = "List the contexts with docker context ls.";
    throw badDaemonAddress(origin, "it does not exist or names no daemon", hint);
  }
  const result = parseEndpoint(context.host);
  if ("problem" in result) throw badDaemonAddress(origin, result.problem, result.hint);
  const { endpoint } = result;
  if (endpoint.type === "unix") return { where: endpoint.path, endpoint, tls: undefined };
  const tls = await contextTls(join(contexts, "tls", id, "docker"), context);
  const isTls = endpoint.tls || tls !== undefined;
  return { where: context.host, endpoint: { ...endpoint, tls: isTls }, tls };
}

async function contextTls(
  directory: string,
  { name, skipsVerification }: DockerContext,
): Promise<TlsFiles | undefined> {
  if (!(await isThere(directory))) return undefined;
  return readTls(directory, !skipsVerification, `the Docker context "${name}"`);
}

async function readTls(directory: string, verifies: boolean, origin: string): Promise<TlsFiles> {
  const read = async (name: string) => {
    const path = join(directory, name);
    return readFile(path)
      .catch(ifMissing(undefined))
      .catch((error: unknown) => {
        throw badDaemonAddress(origin, `${path} cannot be read (${errorCode(error)})`);
      });
  };
  const [ca, cert, key] = [await read("ca.pem"), await read("cert.pem"), await read("key.pem")];
  if ((cert === undefined) !== (key === undefined)) {
    throw badDaemonAddress(origin, `${directory} has only one of cert.pem and key.pem`);
  }
  return { ca, cert, key, verifies };
}

function clientDir({ env, home }: DockerSettings): string {
  return env.DOCKER_CONFIG || join(home, ".docker");
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // A directory that may not be looked into does not say what is in it.
    return errorCode(error) === "EACCES" && !path.startsWith("/run/user/");
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(ifMissing(undefined));
}
