import type { NamedReference } from "#core/oci/reference.ts";
import { ImageError } from "../errors.ts";
import { hostArchitecture } from "../hostArchitecture.ts";
import type { Credentials } from "../registry/credentials.ts";
import type { Pace } from "../registry/http.ts";
import type { ImageSource } from "../source.ts";
import { userSettings } from "../userSettings.ts";
import { type HostSettings, type RegistrySource, registrySource } from "./registry.ts";

export type NamedOptions = {
  readonly resolution: "auto" | "docker" | "registry";
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
  /** Upper bound of an export, and of an archive that is unpacked on the way. */
  readonly limit: () => Promise<number>;
  readonly pace?: Pace | undefined;
  /** What the user has typed for the registry. */
  readonly credentials?: Credentials | undefined;
  /** Bytes of a Docker daemon's export, and about how many there will be. */
  readonly onExport?: ((doneBytes: number, totalBytes: number | null) => void) | undefined;
};

/** Where a name without a transport leads: to the Docker daemon, to a registry, or first one then the other. */
export async function namedSource(
  name: NamedReference,
  options: NamedOptions,
): Promise<ImageSource> {
  if (options.resolution !== "registry") {
    const found = await askDocker(name, options);
    if ("source" in found) return found.source;
    if (options.resolution === "docker") throw found.absent;
    if (found.absent.code === "platform") {
      options.onNotice(`${found.absent.message}; the registry is asked`);
    }
  }
  return await openRegistry(name, options);
}

/** A registry with the user's settings for it. */
export async function openRegistry(
  name: NamedReference,
  { insecure, pace, credentials }: Pick<NamedOptions, "insecure" | "pace" | "credentials">,
): Promise<RegistrySource> {
  const settings = await hostSettings();
  return await registrySource(name, { insecure, settings, pace, credentials });
}

/** What the user settings say about each host. */
export async function hostSettings(): Promise<(host: string) => HostSettings> {
  const { registries } = await userSettings();
  const entries: Record<string, HostSettings | undefined> = registries;
  return (host) => entries[host] ?? noSettings;
}

const noSettings: HostSettings = { mirrors: [], insecure: false };

/** What a Docker daemon has, or why it has nothing. */
type DockerAnswer = { readonly source: ImageSource } | { readonly absent: ImageError };

async function askDocker(name: NamedReference, options: NamedOptions): Promise<DockerAnswer> {
  const { dockerSource } = await import("./docker.ts");
  try {
    return { source: await dockerSource(name, { ...options, architecture: hostArchitecture() }) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ImageError) return { absent: error };
    throw error;
  }
}
