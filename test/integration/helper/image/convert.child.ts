// Converts one layer in a process of its own and prints its largest memory: node <bundle> <layer> <digest>
import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { type Conversion, convertLayers } from "#helper/image/convert.ts";
import { ownFileBytes } from "#helper/image/fileBytes.ts";
import { FileSink } from "#helper/image/fileSink.ts";
import { withSmallYoungGeneration } from "#helper/image/youngGeneration.ts";
import { largestMemoryMb } from "#test/support/largestMemory.ts";

const [layer = "", digest = ""] = process.argv.slice(2);
const handle = await open(`${layer}.erofs`, "w");
let outcome = "image";
try {
  const sink = new FileSink(handle);
  const openLayer = async () => ownFileBytes(await open(layer));
  const conversion: Conversion = {
    source: { name: "oci", find: async () => [], openDocument: openLayer, openLayer },
    layers: [{ mediaType: undefined, digest, size: statSync(layer).size }],
    digest: `sha256:${"0".repeat(64)}`,
    createdSeconds: 0,
    maxBytes: 20e9,
    signal: new AbortController().signal,
    onBytes: () => undefined,
  };
  await withSmallYoungGeneration(() => convertLayers(conversion, sink));
  await sink.finish();
} catch (error) {
  outcome = error instanceof Error ? error.message : String(error);
} finally {
  await handle.close();
}
console.log(JSON.stringify({ maxRssMb: largestMemoryMb(), outcome }));
