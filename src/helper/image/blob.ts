import { createHash } from "node:crypto";
import type { Descriptor } from "#core/oci/documents.ts";
import { maxDocumentBytes } from "#core/oci/documents.ts";
import { blobMismatch } from "./errors.ts";

/** Passes a blob on and throws at its end, or as soon as it is too long, when it is not the blob meant. */
export async function* verified(
  blob: AsyncIterable<Uint8Array>,
  descriptor: Pick<Descriptor, "digest" | "size">,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of blob) {
    size += chunk.length;
    if (size > descriptor.size) {
      throw blobMismatch(
        `${descriptor.digest} is longer than the ${descriptor.size} bytes announced`,
      );
    }
    hash.update(chunk);
    yield chunk;
  }
  if (size !== descriptor.size) {
    throw blobMismatch(`${descriptor.digest} has ${size} bytes instead of ${descriptor.size}`);
  }
  const actual = `sha256:${hash.digest("hex")}`;
  if (actual !== descriptor.digest) {
    throw blobMismatch(`the content of ${descriptor.digest} is damaged: it is ${actual}`);
  }
}

/** Reads a small JSON document whole. A piece is good until the next one is asked for. */
export async function readDocument(
  blob: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
): Promise<string> {
  if (descriptor.size > maxDocumentBytes) {
    throw blobMismatch(`the document ${descriptor.digest} is too large`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of verified(blob, descriptor)) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString("utf8");
}
