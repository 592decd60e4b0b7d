import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { ImageReference } from "#core/oci/reference.ts";
import { assetsDir } from "#helper/paths.ts";
import type { ImageSource } from "../source.ts";
import { layoutSource } from "./layout.ts";
import type { NamedOptions } from "./named.ts";

export type SourceRequest = Omit<NamedOptions, "signal" | "onNotice"> & {
  /** Where relative paths start. */
  readonly projectDir: string;
};

/** The source a reference names. */
export async function selectSource(
  reference: ImageReference,
  { projectDir, ...options }: SourceRequest & NamedOptions,
): Promise<ImageSource> {
  switch (reference.source) {
    case "embedded":
      return layoutSource({
        source: "embedded",
        directory: join(assetsDir(), "images", reference.name),
        tag: reference.name,
        digest: undefined,
      });
    case "oci":
      return layoutSource({
        source: "oci",
        directory: absolutePath(reference.directory, projectDir),
        tag: reference.tag,
        digest: reference.digest,
      });
    case "archive": {
      const { archiveSource } = await import("./archive.ts");
      const path = absolutePath(reference.path, projectDir);
      return archiveSource({ ...reference, path }, options.limit);
    }
    case "named": {
      // Talking to servers takes a lot of code that local images do without.
      const { namedSource } = await import("./named.ts");
      return await namedSource(reference.name, options);
    }
  }
}

/** A path of a reference, from where relative ones start. */
export function absolutePath(path: string, projectDir: string): string {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(projectDir, path);
}
