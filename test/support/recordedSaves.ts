// What `docker save` of real daemons was recorded to give: see scripts/test/recordSave.ts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { tar } from "./tar.ts";

export const savesDirectory = join(import.meta.dirname, "../fixtures/saved");

/** A small layer, and one above it that hides one of its files. */
export const base = tar([
  { path: "hello", content: "world" },
  { path: "gone", content: "old" },
]);
export const upper = tar([
  { path: "etc/", type: "5" },
  { path: "etc/motd", content: "hi\n" },
  { path: ".wh.gone" },
]);

/** The layers of every recorded image: each twice, which formats say in their own ways. */
export const savedLayers: readonly Buffer[] = [base, upper, base, upper];
export const savedFiles = { hello: "world", "etc/motd": "hi\n" };

export type RecordedSave = {
  readonly name: string;
  /** What the daemon says of the image. */
  readonly inspect: { readonly Id: string };
  readonly archive: Buffer;
};

export function recordedSaves(): RecordedSave[] {
  const files = readdirSync(savesDirectory).filter((file) => file.endsWith(".json"));
  return files.map((file) => {
    const path = join(savesDirectory, file);
    const { inspect } = JSON.parse(readFileSync(path, "utf8"));
    const archive = gunzipSync(readFileSync(path.replace(/json$/, "tar.gz")));
    return { name: file.replace(/\.json$/, ""), inspect, archive };
  });
}
