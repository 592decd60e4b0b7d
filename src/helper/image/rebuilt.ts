import type { NamedReference } from "#core/oci/reference.ts";
import { hostArchitecture } from "./hostArchitecture.ts";
import type { StoredImage } from "./store.ts";

/** A start does not wait longer for a daemon whose answer changes nothing. */
const patienceMs = 1000;

export type RebuiltOptions = {
  readonly reference: NamedReference;
  readonly name: string;
  readonly resolution: "auto" | "docker" | "registry";
  readonly onNotice?: (text: string) => void;
  readonly signal?: AbortSignal;
};

/** Says so when Docker has another image under this name than the one the sandbox was made from. */
export async function noticeRebuilt(image: StoredImage, options: RebuiltOptions): Promise<void> {
  const { resolution, name, reference, onNotice } = options;
  if (image.source !== "docker" || resolution === "registry" || onNotice === undefined) return;
  const { dockerImageId } = await import("./sources/docker.ts");
  const patience = AbortSignal.timeout(patienceMs);
  const signal = AbortSignal.any([patience, ...(options.signal ? [options.signal] : [])]);
  const architecture = hostArchitecture();
  // A daemon that is not there, or has forgotten the image, does not keep a stored one from starting.
  const id = await dockerImageId(reference, { architecture, signal }).catch(() => undefined);
  if (id === undefined || id === image.digest) return;
  onNotice(`Docker has another image as ${name} now; take it with: airlock image pull ${name}`);
}
