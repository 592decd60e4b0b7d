import type { Architecture } from "#core/oci/platform.ts";
import { ImageError } from "./errors.ts";

/** What the sandboxes of this machine run, as images name it. */
export function hostArchitecture(): Architecture {
  if (process.arch === "x64") return "amd64";
  if (process.arch === "arm64") return "arm64";
  throw new ImageError("platform", `there are no images for ${process.arch} machines`);
}
