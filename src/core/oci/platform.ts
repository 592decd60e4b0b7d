import type { Descriptor, ImagePlatform } from "./documents.ts";
import { noPlatform } from "./errors.ts";

/** A machine type as images name it. */
export type Architecture = "amd64" | "arm64";

// Variants that every machine of the type can run, best first; "" is an entry without a variant.
const variants: Record<Architecture, readonly string[]> = {
  amd64: ["", "v1"],
  arm64: ["v8", "", "v8.0"],
};

/** The entry of an index for Linux on this architecture. Attestations never match. */
export function selectPlatform(
  manifests: readonly Descriptor[],
  architecture: Architecture,
): Descriptor {
  const candidates = manifests.filter(({ platform }) => fits(platform, architecture));
  const ranks = variants[architecture];
  const rank = (entry: Descriptor) => ranks.indexOf(entry.platform?.variant ?? "");
  const [best] = candidates.sort((a, b) => rank(a) - rank(b));
  if (best !== undefined) return best;
  // An index with a single, nameless entry means that entry, which may be an index itself.
  const [only, another] = manifests.filter(
    (entry) => entry.platform == null && !isAttestation(entry),
  );
  if (only !== undefined && another === undefined) return only;
  throw noPlatform(`linux/${architecture}`, manifests.map(platformName).filter(isKnown));
}

/** What is said about an image stands beside it, mostly for `unknown/unknown`. */
function isAttestation({ annotations }: Descriptor): boolean {
  return annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
}

/** Whether an image made for `platform` runs on Linux on this architecture. */
export function fits(
  platform: ImagePlatform | null | undefined,
  architecture: Architecture,
): boolean {
  return (
    platform?.os === "linux" &&
    platform.architecture === architecture &&
    variants[architecture].includes(platform.variant ?? "")
  );
}

/** `linux/arm64/v8` */
export function platformName({ platform }: Pick<Descriptor, "platform">): string {
  const parts = [platform?.os, platform?.architecture, platform?.variant];
  return parts.filter((part) => part !== undefined && part !== "").join("/");
}

function isKnown(name: string): boolean {
  return name !== "" && !name.startsWith("unknown/");
}
