import type { NamedReference } from "#core/oci/reference.ts";
import { hostArchitecture } from "./hostArchitecture.ts";
import { tellNews } from "./news.ts";
import type { StoredImage } from "./store.ts";

/** What comes later would come in the middle of the user's work. */
const patienceMs = 2000;

export type RebuiltOptions = {
  readonly reference: NamedReference;
  readonly name: string;
  readonly resolution: "auto" | "docker" | "registry";
  readonly onNotice?: (text: string) => void;
  readonly signal?: AbortSignal;
};

/** Says so, soon, when Docker has another image under this name than the one the sandbox was made from. */
export function noticeRebuilt(image: StoredImage, options: RebuiltOptions): void {
  if (image.source !== "docker" || options.resolution === "registry") return;
  // A daemon that is not there, or has forgotten the image, does not keep a stored one from starting.
  notice(image, options).catch(() => undefined);
}

async function notice(image: StoredImage, options: RebuiltOptions): Promise<void> {
  const { name, reference, onNotice } = options;
  if (onNotice === undefined) return;
  const { dockerImageId } = await import("./sources/docker.ts");
  const patience = AbortSignal.timeout(patienceMs);
  const signal = AbortSignal.any([patience, ...(options.signal ? [options.signal] : [])]);
  const id = await dockerImageId(reference, { architecture: hostArchitecture(), signal });
  if (id === image.digest) return;
  await tellNews(`docker ${name}`, id, () => {
    if (signal.aborted) return false;
    onNotice(`Docker has another image as ${name} now; take it with: airlock image pull ${name}`);
    return true;
  });
}
