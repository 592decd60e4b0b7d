import { ErofsError } from "#core/erofs/errors.ts";
import { OciError, type OciErrorCode } from "#core/oci/errors.ts";
import { formatBytes } from "#shared/bytes.ts";
import { AirlockError } from "#shared/errors.ts";

export type ImageErrorCode =
  | "reference"
  | "not-found"
  | "manifest"
  | "platform"
  | "digest"
  | "layer"
  | "too-large"
  | "disk-full"
  | "storage"
  | "cancelled"
  /** A server could not be reached, or the connection broke: may work later. */
  | "network"
  /** There is no network, or the server's name is not known. */
  | "unreachable"
  | "certificate"
  /** A registry that does not behave as one. */
  | "registry"
  | "unauthorized"
  | "denied"
  | "rate-limit"
  | "credentials"
  | "settings"
  /** The user was asked and does not want it. */
  | "declined"
  | "in-use"
  /** No Docker daemon answers, or it refuses. */
  | "daemon";

/** Why an image could not be prepared. The message names the image and, where it matters, the layer. */
export class ImageError extends AirlockError<ImageErrorCode> {}

/** The named file, tag or digest does not exist. */
export function imageNotFound(name: string, reason: string, hint?: string): ImageError {
  return new ImageError("not-found", `${name}: ${reason}`, { hint });
}

/** A blob that is not what its digest or size says. */
export function blobMismatch(reason: string): ImageError {
  return new ImageError("digest", reason);
}

/** More data than the limit allows, or already than its compressed layers have. */
export function imageTooLarge(limitBytes: number, compressedBytes?: number): ImageError {
  const compressed =
    compressedBytes === undefined ? "" : `: its layers alone have ${formatBytes(compressedBytes)}`;
  const message = `it unpacks to more than ${formatBytes(limitBytes)}${compressed}`;
  return new ImageError("too-large", message, {
    hint: "If it is meant to be so large, raise images.max_size of the user settings, or AIRLOCK_MAX_IMAGE_SIZE.",
  });
}

/** A layer that cannot be decompressed. */
export function badCompression(cause: unknown): ImageError {
  return new ImageError("layer", "its compressed data is damaged", { cause });
}

/** The user gave up. */
export function imageCancelled(name: string): ImageError {
  return new ImageError("cancelled", `preparing ${name} was cancelled`);
}

/** Whatever went wrong, as an ImageError whose message starts with `where`. */
export function asImageError(error: unknown, where: string): ImageError {
  if (error instanceof ImageError) {
    if (error.message.startsWith(where)) return error;
    return new ImageError(error.code, `${where}: ${error.message}`, error);
  }
  if (error instanceof OciError) {
    const message = error.message.startsWith(where) ? error.message : `${where}: ${error.message}`;
    return new ImageError(imageCode[error.code], message, { hint: error.hint, cause: error });
  }
  if (error instanceof ErofsError) {
    return new ImageError("layer", `${where}: ${error.message}`, { cause: error });
  }
  return storageError(error, where);
}

/** Whether an error comes from a question to the caller: then it goes back as it is. */
export function isOfCaller(error: unknown): boolean {
  const ours = [ImageError, OciError, ErofsError].some((kind) => error instanceof kind);
  return error instanceof AirlockError && !ours;
}

const imageCode: Record<OciErrorCode, ImageErrorCode> = {
  reference: "reference",
  manifest: "manifest",
  platform: "platform",
  archive: "not-found",
  tar: "layer",
  layer: "layer",
};

function storageError(error: unknown, where: string): ImageError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new ImageError("disk-full", `${where}: the disk is full`, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ImageError("storage", `${where}: ${reason}`, { cause: error });
}
