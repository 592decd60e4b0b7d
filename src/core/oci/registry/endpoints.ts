/** What the user settings say about one registry. */
export type RegistrySettings = {
  /** Asked first, in order: `host[:port][/prefix]`, with `http://` or `https://` before it if need be. */
  readonly mirrors: readonly string[];
  /** Whether the registry itself is spoken to over plain HTTP. */
  readonly insecure: boolean;
};

/** A server that has the images of a registry. */
export type Endpoint = {
  /** Without a slash at the end: `https://host:port`. */
  readonly origin: string;
  /** Host and perhaps port: what credentials and certificates are filed under. */
  readonly host: string;
  /** What stands before the repository's name, with a slash at its end, or nothing. */
  readonly prefix: string;
  readonly isMirror: boolean;
};

/** The name of the registry that references without a host mean, and the host that serves it. */
export const defaultRegistry = "docker.io";
const defaultHost = "index.docker.io";

/** The host that is contacted for a registry's name. */
export function registryHost(registry: string): string {
  return registry === defaultRegistry ? defaultHost : registry;
}

/** The mirrors and then the registry itself. Mirrors that cannot be read are left out. */
export function registryEndpoints(registry: string, settings: RegistrySettings): Endpoint[] {
  const host = registryHost(registry);
  const origin = `${settings.insecure ? "http" : "https"}://${host}`;
  const mirrors = settings.mirrors.map(parseMirror).filter((mirror) => mirror !== undefined);
  return [...mirrors, { origin, host, prefix: "", isMirror: false }];
}

const mirrorPattern =
  /^(?:(https?):\/\/)?([a-z0-9.-]+(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?)(\/[^?#\s]*)?$/i;

/** Undefined for a text that names no mirror. */
export function parseMirror(text: string): Endpoint | undefined {
  const match = mirrorPattern.exec(text.trim());
  if (match === null) return undefined;
  const [, scheme = "https", host = "", path = ""] = match;
  const prefix = path.split("/").filter((part) => part !== "" && part !== "v2");
  return {
    origin: `${scheme.toLowerCase()}://${host}`,
    host,
    prefix: prefix.map((part) => `${part}/`).join(""),
    isMirror: true,
  };
}
