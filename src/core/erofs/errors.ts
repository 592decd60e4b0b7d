import { AirlockError } from "#shared/errors.ts";

export type ErofsErrorCode = "xattr" | "device" | "symlink" | "name" | "size" | "tree";

/** Something an image asks for that the file system format cannot hold. */
export class ErofsError extends AirlockError<ErofsErrorCode> {}

/** An extended attribute that does not fit. */
export function xattrTooLarge(name: string, sizeBytes: number): ErofsError {
  return new ErofsError(
    "xattr",
    `the extended attribute ${name} is too large (${sizeBytes} bytes)`,
  );
}

/** All extended attributes of one file together do not fit. */
export function xattrsTooLarge(sizeBytes: number): ErofsError {
  return new ErofsError("xattr", `the extended attributes are too large (${sizeBytes} bytes)`);
}

/** A device number beyond 12 bits of major and 20 bits of minor. */
export function deviceOutOfRange(major: number, minor: number): ErofsError {
  return new ErofsError("device", `the device number ${major}:${minor} is out of range`);
}

/** A symbolic link whose target no Linux system can follow. */
export function badSymlinkTarget(sizeBytes: number): ErofsError {
  const reason = sizeBytes === 0 ? "is empty" : `is too long (${sizeBytes} bytes)`;
  return new ErofsError("symlink", `the target of the symbolic link ${reason}`);
}

/** A file name that a directory entry cannot hold. */
export function badName(name: string, sizeBytes: number): ErofsError {
  return new ErofsError("name", `the file name "${name}" cannot be used (${sizeBytes} bytes)`);
}

/** More files or names than are kept in memory. */
export function treeTooLarge(reason: string): ErofsError {
  return new ErofsError("tree", `the image has ${reason}`);
}

/** The content given for a file differs from the size announced for it. */
export function wrongFileSize(): ErofsError {
  return new ErofsError("size", "a file's content does not have the announced size");
}
