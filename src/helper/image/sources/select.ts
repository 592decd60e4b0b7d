import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { notActive } from "#core/oci/errors.ts";
import { formatNamed, parseReference } from "#core/oci/reference.ts";
import { assetsDir } from "#helper/paths.ts";
import type { ImageSource } from "../source.ts";
import { layoutSource } from "./layout.ts";

/** The source a reference names. Relative paths start at the project's directory. */
export function selectSource(name: string, projectDir: string): ImageSource {
  const reference = parseReference(name);
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
    case "archive":
      throw notActive(name, `${reference.transport}: images are`);
    case "named":
      throw notActive(
        name,
        `images from registries and Docker (here ${formatNamed(reference.name)}) are`,
      );
  }
}

function absolutePath(path: string, projectDir: string): string {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(projectDir, path);
}
