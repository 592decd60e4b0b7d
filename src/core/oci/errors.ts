import { formatBytes } from "#shared/bytes.ts";
import { AirlockError, type AirlockErrorOptions } from "#shared/errors.ts";

export type OciErrorCode = "reference" | "manifest" | "platform" | "archive" | "tar" | "layer";

/** What is wrong with an image or its name, before it is known which image and layer it concerns. */
export class OciError extends AirlockError<OciErrorCode> {}

/** A reference that no image can have. */
export function badReference(text: string, reason: string): OciError {
  return new OciError("reference", `"${text}" is not an image reference: ${reason}`);
}

/** An index, manifest or config document that is not what it has to be. */
export function badManifest(message: string, options?: AirlockErrorOptions): OciError {
  return new OciError("manifest", message, options);
}

/** An index without an entry for this platform. */
export function noPlatform(wanted: string, found: readonly string[]): OciError {
  const has = found.length > 0 ? `it has ${found.join(", ")}` : "it names no platform";
  return new OciError("platform", `the image has no variant for ${wanted}; ${has}`);
}

/** A file that is no archive of images, or does not hold the image asked for. */
export function badArchive(reason: string): OciError {
  return new OciError("archive", reason);
}

/** An archive that is damaged or not a tar archive. */
export function badTar(message: string): OciError {
  return new OciError("tar", message);
}

/** A readable archive whose entries cannot be applied. */
export function badLayer(message: string): OciError {
  return new OciError("layer", message);
}

/** Zstd data whose decoder would hold more of what it has written than there is room for. */
export function windowTooLarge(windowBytes: number, room: string): OciError {
  const message = `its zstd data asks for a window of ${formatBytes(windowBytes)}, ${room}`;
  return new OciError("layer", message, {
    hint: "Compress the layer again with a smaller window: zstd up to level 19 without --long needs 8 MiB.",
  });
}
