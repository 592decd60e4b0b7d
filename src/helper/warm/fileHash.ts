import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { readJsonFile, writeJsonFile } from "#helper/files/jsonFile.ts";
import { hashesFile } from "./paths.ts";

/** Hashes by what identifies the content of a file without reading it. */
const hashesSchema = z.record(z.string(), z.string());

const mostHashes = 50;

/**
 * SHA-256 of each file. Kernels are large, so what was hashed once is known again by the file's place,
 * size and times; whoever writes a file cannot keep its change time.
 */
export async function fileHashes(paths: readonly string[]): Promise<string[]> {
  const known = (await readJsonFile(hashesFile(), hashesSchema)) ?? {};
  const found = await Promise.all(paths.map((path) => hashOf(path, known)));
  if (found.some(({ isNew }) => isNew)) {
    const entries = [...Object.entries(known), ...found.map(({ id, hash }) => [id, hash] as const)];
    // A read-only cache costs the hashing again next time.
    const kept = Object.fromEntries(entries.slice(-mostHashes));
    await writeJsonFile(hashesFile(), kept).catch(() => undefined);
  }
  return found.map(({ hash }) => hash);
}

async function hashOf(path: string, known: Record<string, string>) {
  const id = await fileIdentity(path);
  const hash = known[id];
  return hash === undefined
    ? { id, hash: await sha256(path), isNew: true }
    : { id, hash, isNew: false };
}

/** What changes whenever the content of the file does. */
export async function fileIdentity(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [path, dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}
