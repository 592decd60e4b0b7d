import { homedir } from "node:os";
import { parseReference } from "#core/oci/reference.ts";
import type { ImageNames } from "#shared/protocol/imageNames.ts";
import { DockerDaemon } from "./docker/daemon.ts";
import { type DockerSettings, findEndpoints } from "./docker/endpoints.ts";
import { ImageError } from "./errors.ts";
import { openRegistry } from "./sources/named.ts";

/** More than anybody reads. */
const maxNames = 300;

type Names = ImageNames["images"];

/** The images that Docker or Podman have on this machine; none where there is neither. */
export async function daemonNames(
  signal: AbortSignal,
  settings: DockerSettings = { env: process.env, home: homedir() },
): Promise<Names> {
  const names = new Set<string>();
  for (const endpoint of await findEndpoints(settings).catch(ifImageError)) {
    const daemon = new DockerDaemon(endpoint);
    try {
      for (const name of await daemon.names(signal)) names.add(name);
    } catch (error) {
      // One that is not running is no reason to propose nothing.
      if (!(error instanceof ImageError)) throw error;
    } finally {
      daemon.close();
    }
  }
  return [...names].slice(0, maxNames).map((name) => ({ name, detail: "local Docker image" }));
}

function ifImageError(error: unknown): [] {
  if (error instanceof ImageError) return [];
  throw error;
}

/** What a registry has below a repository, the likeliest first. */
export async function tagNames(
  repository: string,
  { insecure, signal }: { insecure: boolean; signal: AbortSignal },
): Promise<Names> {
  const reference = parseReference(`${repository}:latest`);
  if (reference.source !== "named") return [];
  const registry = await openRegistry(reference.name, { insecure });
  try {
    const tags = await registry.tags(signal);
    const detail = `tag of ${reference.name.registry}`;
    return sortTags(tags)
      .slice(0, maxNames)
      .map((tag) => ({ name: `${repository}:${tag}`, detail }));
  } finally {
    await registry.close("discard");
  }
}

/** `latest`, then higher versions first, and shorter names before their variants. */
export function sortTags(tags: readonly string[]): string[] {
  const order = new Intl.Collator("en", { numeric: true });
  const rank = (tag: string) => (tag === "latest" ? 0 : /^v?\d/.test(tag) ? 1 : 2);
  return [...tags].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === 1 ? order.compare(versionOf(b), versionOf(a)) : 0) ||
      a.length - b.length ||
      order.compare(a, b),
  );
}

function versionOf(tag: string): string {
  return /^v?(\d[\d.]*)/.exec(tag)?.[1] ?? "";
}
