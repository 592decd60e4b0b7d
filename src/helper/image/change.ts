import { ImageError } from "./errors.ts";
import { findImage, type StoredImage } from "./store.ts";

/** Another image than the one the sandbox was made from. */
export type ImageChange = {
  readonly before: { readonly name: string; readonly digest: string };
  readonly after: { readonly name: string; readonly digest: string };
  /** Whether the sandbox could go on with the old image. */
  readonly canContinue: boolean;
};

/** New image with a new environment, the old image, or nothing at all. */
export type ChangeDecision = "recreate" | "continue" | "cancel";

export type ChangeOptions = {
  /** The image that the project's sandbox was made from. */
  readonly previous?: { readonly name: string; readonly digest: string } | undefined;
  /** An image that the user has declined before, and is not asked about again. */
  readonly declinedDigest?: string | undefined;
  /** Asked when the image is another one; without it, the new image is taken. */
  readonly onChange?: (change: ImageChange) => Promise<ChangeDecision>;
};

/** The old image when the user wants to go on with it, undefined for the new one. */
export async function decide(
  { previous, declinedDigest, onChange }: ChangeOptions,
  after: ImageChange["after"],
): Promise<StoredImage | undefined> {
  if (previous === undefined || onChange === undefined) return undefined;
  if (previous.digest === after.digest) return undefined;
  const old = await findImage(previous.digest);
  if (old !== undefined && declinedDigest === after.digest) return old;
  const change = { before: previous, after, canContinue: old !== undefined };
  switch (await onChange(change)) {
    case "recreate":
      return undefined;
    case "continue":
      return old;
    case "cancel":
      throw new ImageError("declined", "cancelled");
  }
}
