import { badManifest } from "./errors.ts";

/** Only this algorithm can be checked by every source. */
const pattern = /^sha256:([0-9a-f]{64})$/;

/** The hexadecimal part of a digest; the only form that ever becomes part of a file name. */
export function digestHex(digest: string): string {
  const hex = pattern.exec(digest)?.[1];
  if (hex === undefined) throw badManifest(`"${digest.slice(0, 100)}" is not a sha256 digest`);
  return hex;
}

export function isDigest(text: string): boolean {
  return pattern.test(text);
}
