import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import tls from "node:tls";
import { ImageError } from "../errors.ts";
import { dockerConfigDir } from "./credentials.ts";

/**
 * The certificate authorities for a host: the usual ones and what the user added for it. Undefined
 * when nothing was added, so that the runtime's own choice stands.
 */
export async function authoritiesFor(
  host: string,
  configured: string | undefined,
): Promise<string[] | undefined> {
  const added = [
    ...(await readConfigured(configured)),
    ...(await readBundle(process.env.SSL_CERT_FILE)),
    ...(await readDirectory(join(dockerConfigDir(), "certs.d", host))),
    ...(await readDirectory(join(homedir(), ".docker", "certs.d", host))),
    ...(await readDirectory(join("/etc/docker/certs.d", host))),
  ];
  return added.length === 0 ? undefined : [...usualAuthorities(), ...added];
}

/** Newer runtimes know those that the user gave to Node, too. */
function usualAuthorities(): readonly string[] {
  return typeof tls.getCACertificates === "function"
    ? tls.getCACertificates("default")
    : tls.rootCertificates;
}

async function readConfigured(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  const absolute = path.startsWith("~/")
    ? join(homedir(), path.slice(2))
    : resolve(homedir(), path);
  try {
    return [await readFile(absolute, "utf8")];
  } catch (cause) {
    throw new ImageError("certificate", `the certificate authority ${absolute} cannot be read`, {
      cause,
    });
  }
}

async function readBundle(path: string | undefined): Promise<string[]> {
  if (!path) return [];
  // OpenSSL does not complain about a missing file either.
  return await readFile(path, "utf8").then(
    (text) => [text],
    () => [],
  );
}

/** As in Docker's directories, every `.crt` file is an authority. */
async function readDirectory(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  const authorities = names.filter((name) => name.endsWith(".crt"));
  return (await Promise.all(authorities.map((name) => readBundle(join(directory, name))))).flat();
}
