import { createHash } from "node:crypto";
import { type Descriptor, maxDocumentBytes } from "#core/oci/documents.ts";
import { isIndexType, isManifestType } from "#core/oci/mediaTypes.ts";
import type { NamedReference } from "#core/oci/reference.ts";
import { registryEndpoints, registryHost } from "#core/oci/registry/endpoints.ts";
import { readDocument } from "../blob.ts";
import { asImageError, blobMismatch, ImageError } from "../errors.ts";
import { removeBlobFiles } from "../registry/blobFiles.ts";
import { BlobQueue } from "../registry/blobQueue.ts";
import { type BlobPart, RegistryClient } from "../registry/client.ts";
import type { Credentials } from "../registry/credentials.ts";
import type { BlobWish } from "../registry/download.ts";
import { defaultPace, HttpClient, type Pace } from "../registry/http.ts";
import { afterWait, retryAfterOf } from "../registry/retries.ts";
import { authoritiesFor } from "../registry/trust.ts";
import type { ImageSource } from "../source.ts";

/** What the user settings say about one registry or mirror. */
export type HostSettings = {
  readonly mirrors: readonly string[];
  readonly insecure: boolean;
  /** Path of a certificate authority. */
  readonly ca?: string | undefined;
};

export type RegistryOptions = {
  readonly insecure: boolean;
  readonly settings: (host: string) => HostSettings;
  readonly pace?: Pace | undefined;
  /** What the user has typed for this registry; its mirrors do not get it. */
  readonly credentials?: Credentials | undefined;
};

/** An image of a registry, or of one of its mirrors. */
export async function registrySource(
  name: NamedReference,
  options: RegistryOptions,
): Promise<RegistrySource> {
  const pace = options.pace ?? defaultPace;
  const own = options.settings(name.registry);
  const insecure = options.insecure || own.insecure;
  const endpoints = registryEndpoints(name.registry, { mirrors: own.mirrors, insecure });
  const clients: RegistryClient[] = [];
  const https: HttpClient[] = [];
  for (const endpoint of endpoints) {
    const ca = endpoint.isMirror ? options.settings(endpoint.host).ca : own.ca;
    const http = new HttpClient(
      endpoint.isMirror ? impatient(pace) : pace,
      await authoritiesFor(endpoint.host, ca),
    );
    https.push(http);
    const given = endpoint.isMirror ? undefined : options.credentials;
    clients.push(new RegistryClient(endpoint, name.repository, { http, given }));
  }
  return new RegistrySource(name, { clients, https, pace });
}

const mirrorConnectMs = 5_000;

/** A mirror only saves time: the registry is asked as soon as it fails. */
function impatient(pace: Pace): Pace {
  const connectMs = Math.min(pace.connectMs, mirrorConnectMs);
  return { ...pace, connectMs, retry: { ...pace.retry, attempts: 1 } };
}

type Parts = { clients: RegistryClient[]; https: HttpClient[]; pace: Pace };

export class RegistrySource implements ImageSource {
  readonly name = "registry";
  readonly checksLayers = true;
  readonly #reference: NamedReference;
  readonly #clients: RegistryClient[];
  readonly #https: HttpClient[];
  readonly #blobs: BlobQueue;
  /** Mirrors that have failed: waiting for them once is enough. */
  readonly #failed = new Set<RegistryClient>();
  /** Documents that were read to learn their digest. */
  readonly #documents = new Map<string, Buffer>();

  constructor(reference: NamedReference, { clients, https, pace }: Parts) {
    this.#reference = reference;
    this.#clients = clients;
    this.#https = https;
    this.#blobs = new BlobQueue(
      (descriptor, wish, signal) => this.#openBlob(descriptor, wish, signal),
      pace.retry,
    );
  }

  async find(signal: AbortSignal): Promise<readonly Descriptor[]> {
    const { tag, digest } = this.#reference;
    const wanted = digest ?? tag ?? "latest";
    return [await this.#anywhere((client) => this.#readManifest(client, wanted, signal), signal)];
  }

  /** The digest that the tag stands for now: of an index, or of a manifest. */
  currentDigest(signal: AbortSignal): Promise<string | undefined> {
    const tag = this.#reference.tag ?? "latest";
    return this.#anywhere((client) => client.manifestDigest(tag, signal), signal);
  }

  /** Names of the repository's tags. */
  tags(signal: AbortSignal): Promise<string[]> {
    return this.#anywhere((client) => client.tags(signal), signal);
  }

  async openDocument(
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { digest, mediaType } = descriptor;
    const known = this.#documents.get(digest);
    if (known !== undefined) return chunks(known);
    const isManifest =
      mediaType === undefined || isIndexType(mediaType) || isManifestType(mediaType);
    if (!isManifest) {
      return chunks(await this.#anywhere((client) => readBlob(client, descriptor, signal), signal));
    }
    await this.#anywhere((client) => this.#readManifest(client, digest, signal), signal);
    return chunks(this.#documents.get(digest) ?? Buffer.alloc(0));
  }

  fetch(layers: readonly Descriptor[], onBytes: (digest: string, count: number) => void): void {
    this.#blobs.add(layers, onBytes);
    // Tidying is for later pulls: its failure is no failure of this one.
    removeBlobFiles("old").catch(() => undefined);
  }

  openLayer(descriptor: Descriptor, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return Promise.resolve(this.#blobs.read(descriptor, signal));
  }

  async close(outcome: "keep" | "discard"): Promise<void> {
    await this.#blobs.close(outcome);
    await Promise.all(this.#https.map((http) => http.close()));
  }

  async #readManifest(
    client: RegistryClient,
    wanted: string,
    signal: AbortSignal,
  ): Promise<Descriptor> {
    const { bytes, header } = await client.manifest(wanted, maxDocumentBytes, signal);
    const { host } = client.endpoint;
    if (bytes.length > maxDocumentBytes) throw blobMismatch("the manifest is too large");
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    checkDigest(digest, { wanted, told: header("docker-content-digest"), host });
    this.#documents.set(digest, bytes);
    return { mediaType: mediaTypeOf(header("content-type")), digest, size: bytes.length };
  }

  async #openBlob(
    descriptor: Descriptor,
    { offset, avoidsMirrors }: BlobWish,
    signal: AbortSignal,
  ): Promise<BlobPart> {
    const { digest } = descriptor;
    const open = async (client: RegistryClient): Promise<BlobPart> => {
      const part = await client.blob(digest, offset, signal);
      return { ...part, chunks: this.#noting(part.chunks, client) };
    };
    try {
      return await this.#anywhere(open, signal, avoidsMirrors);
    } catch (error) {
      signal.throwIfAborted();
      // Layers that may not be given away are fetched from their owner.
      const own = this.#clients.at(-1);
      for (const url of foreignUrls(descriptor)) {
        const part = await own?.foreignBlob(url, signal).catch(() => undefined);
        if (part !== undefined) return part;
      }
      throw error;
    }
  }

  /** Asks the mirrors and at last the registry itself; its own error is the one that counts. */
  async #anywhere<T>(
    ask: (client: RegistryClient) => Promise<T>,
    signal: AbortSignal,
    avoidsMirrors = false,
  ): Promise<T> {
    let failure: unknown;
    for (const client of this.#clients) {
      const { isMirror } = client.endpoint;
      if (isMirror && (avoidsMirrors || this.#failed.has(client))) continue;
      try {
        return await ask(client);
      } catch (error) {
        signal.throwIfAborted();
        if (isMirror) this.#noteFailure(client, error);
        failure = error;
      }
    }
    const told = asImageError(failure, registryHost(this.#reference.registry));
    throw afterWait(told, retryAfterOf(failure));
  }

  /** A mirror that lacks something may have the rest. */
  #noteFailure(client: RegistryClient, error: unknown): void {
    if (!(error instanceof ImageError && error.code === "not-found")) this.#failed.add(client);
  }

  async *#noting(pieces: AsyncIterable<Uint8Array>, client: RegistryClient) {
    try {
      yield* pieces;
    } catch (error) {
      if (client.endpoint.isMirror) this.#noteFailure(client, error);
      throw error;
    }
  }
}

/** A small blob that is surely the right one. */
async function readBlob(
  client: RegistryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Buffer> {
  const bytes = await client.document(descriptor.digest, maxDocumentBytes, signal);
  await readDocument(chunks(bytes), descriptor);
  return bytes;
}

function checkDigest(
  actual: string,
  { wanted, told, host }: { wanted: string; told: string | undefined; host: string },
): void {
  if (wanted.includes(":") && wanted !== actual) {
    throw blobMismatch(`${host} sent ${actual} for ${wanted}`);
  }
  if (told?.startsWith("sha256:") && told !== actual) {
    throw blobMismatch(`${host} sent ${actual} and called it ${told.slice(0, 80)}`);
  }
}

/** Only types of images count; proxies are known to say `text/plain`. */
function mediaTypeOf(contentType: string | undefined): string | undefined {
  const type = contentType?.split(";")[0]?.trim();
  return type?.startsWith("application/vnd.") ? type : undefined;
}

function foreignUrls({ urls }: Descriptor): string[] {
  return (urls ?? []).filter((url) => URL.canParse(url) && new URL(url).protocol === "https:");
}

async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
