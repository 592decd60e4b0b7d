import {
  type Descriptor,
  type ImageManifest,
  type ParsedConfig,
  parseImageConfig,
  parseIndexOrManifest,
} from "#core/oci/documents.ts";
import { badManifest, noPlatform } from "#core/oci/errors.ts";
import { type Architecture, fits, platformName, selectPlatform } from "#core/oci/platform.ts";
import { readDocument } from "./blob.ts";
import type { ImageSource } from "./source.ts";

const maxIndexDepth = 4;

export type ResolvedImage = {
  /** Digest of the platform's manifest: what names the image from here on. */
  readonly digest: string;
  readonly manifest: ImageManifest;
  /** Digest of what the reference itself stands for: an index, or the manifest. */
  readonly listedDigest: string;
};

/** Follows a reference through its indexes to the manifest for this architecture. */
export async function resolveImage(
  source: ImageSource,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  let candidates = await source.find(signal);
  let listedDigest: string | undefined;
  for (let depth = 0; depth < maxIndexDepth; depth += 1) {
    const [first] = candidates;
    const chosen =
      candidates.length === 1 && first !== undefined
        ? first
        : selectPlatform(candidates, architecture);
    const found = await readIndexOrManifest(source, chosen, signal);
    listedDigest ??= chosen.digest;
    if ("manifest" in found) {
      return { digest: chosen.digest, manifest: found.manifest, listedDigest };
    }
    candidates = [selectPlatform(found.index.manifests, architecture)];
  }
  throw badManifest(`the image's indexes are nested more than ${maxIndexDepth} deep`);
}

/** Reads the config and checks that the image is made for this machine. */
export async function readConfig(
  source: ImageSource,
  manifest: ImageManifest,
  { architecture, signal }: { architecture: Architecture; signal: AbortSignal },
): Promise<ParsedConfig> {
  const blob = await source.openDocument(manifest.config, signal);
  const parsed = parseImageConfig(await readDocument(blob, manifest.config));
  const { platform } = parsed;
  const names = platform.os !== undefined && platform.architecture !== undefined;
  if (names && !fits(platform, architecture)) {
    throw noPlatform(`linux/${architecture}`, [platformName({ platform })]);
  }
  return parsed;
}

async function readIndexOrManifest(
  source: ImageSource,
  descriptor: Descriptor,
  signal: AbortSignal,
) {
  const blob = await source.openDocument(descriptor, signal);
  return parseIndexOrManifest(await readDocument(blob, descriptor), descriptor.mediaType);
}
