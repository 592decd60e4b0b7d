// The one layer of the embedded image, for images that are built upon it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const base = join(import.meta.dirname, "../../dist/images/base");

/** As a plain tar archive. */
export function baseLayer(): Buffer {
  const read = (digest: string) => readFileSync(join(base, "blobs", digest.replace(":", "/")));
  const { manifests } = JSON.parse(readFileSync(join(base, "index.json"), "utf8"));
  const manifest = JSON.parse(read(manifests[0].digest).toString());
  return gunzipSync(read(manifest.layers[0].digest));
}
