import { acceptedManifests } from "#core/oci/mediaTypes.ts";
import type { Endpoint } from "#core/oci/registry/endpoints.ts";
import { isTransientStatus, parseRetryAfter } from "#core/oci/registry/retry.ts";
import { parseTagList } from "#core/oci/registry/tags.ts";
import { imageNotFound } from "../errors.ts";
import { Authorization } from "./authorization.ts";
import { type Credentials, findCredentials } from "./credentials.ts";
import {
  accessDenied,
  badStatus,
  networkError,
  rateLimited,
  refusedElsewhere,
  serverWords,
  signInNeeded,
  signInRefused,
} from "./errors.ts";
import {
  discard,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  readBytes,
  readText,
} from "./http.ts";
import { afterWait, withRetries } from "./retries.ts";

const maxErrorBytes = 64 << 10;
const maxTagListBytes = 4 << 20;

/** A blob from `offset` on. */
export type BlobPart = {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly offset: number;
  /** Whether it comes from where anything may be. */
  readonly isMirror: boolean;
};

/** A small answer, read whole. */
export type Answer = { readonly bytes: Buffer; readonly header: HttpResponse["header"] };

type Request = Omit<HttpRequest, "body">;

export type Access = {
  readonly http: HttpClient;
  /** Credentials of the user, which count instead of what Docker knows. */
  readonly given?: Credentials | undefined;
};

/** One repository of one registry or mirror. */
export class RegistryClient {
  readonly endpoint: Endpoint;
  readonly #http: HttpClient;
  readonly #repository: string;
  readonly #authorization: Authorization;

  constructor(endpoint: Endpoint, repository: string, { http, given }: Access) {
    this.endpoint = endpoint;
    this.#http = http;
    this.#repository = endpoint.prefix + repository;
    this.#authorization = new Authorization({
      http,
      isPlain: endpoint.origin.startsWith("http:"),
      scope: `repository:${this.#repository}:pull`,
      findCredentials: async (signal): Promise<Credentials | undefined> =>
        given ?? (await findCredentials(endpoint.host, signal)),
    });
  }

  /** A manifest or index by tag or digest; one that is too long is cut behind `maxBytes`. */
  manifest(reference: string, maxBytes: number, signal: AbortSignal): Promise<Answer> {
    const headers = { accept: acceptedManifests };
    return this.#read(`manifests/${reference}`, { headers, signal }, maxBytes + 1);
  }

  /** A small blob, whole; one that is too long is cut behind `maxBytes`. */
  async document(digest: string, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    return (await this.#read(`blobs/${digest}`, { signal }, maxBytes + 1)).bytes;
  }

  /** The digest that the registry has for a tag now, if it tells. */
  async manifestDigest(tag: string, signal: AbortSignal): Promise<string | undefined> {
    const headers = { accept: acceptedManifests };
    const request = { method: "HEAD", headers, signal } as const;
    return (await this.#read(`manifests/${tag}`, request, 0)).header("docker-content-digest");
  }

  /** The tags of the repository, as far as the registry tells in one answer. */
  async tags(signal: AbortSignal): Promise<string[]> {
    const { bytes } = await this.#read("tags/list?n=1000", { signal }, maxTagListBytes);
    return parseTagList(bytes.toString("utf8"));
  }

  /**
   * A blob from `offset` on, or from elsewhere where the server does not know parts. Asks once: who
   * fetches a blob has to repeat what breaks later anyway.
   */
  async blob(digest: string, offset: number, signal: AbortSignal): Promise<BlobPart> {
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    const response = await this.#get(`blobs/${digest}`, { headers, signal });
    const { host, isMirror } = this.endpoint;
    return { chunks: received(response, host, signal), offset: startOf(response), isMirror };
  }

  /** A blob from the address that its descriptor names, without any credentials. */
  async foreignBlob(url: string, signal: AbortSignal): Promise<BlobPart> {
    const response = await this.#http.request(url, { signal });
    const { host } = new URL(url);
    if (response.status === 200) {
      return { chunks: received(response, host, signal), offset: 0, isMirror: true };
    }
    discard(response.body);
    throw badStatus(host, response.status, "");
  }

  /** Repeats the request also when the answer breaks off. */
  #read(path: string, request: Request, maxBytes: number): Promise<Answer> {
    const { signal } = request;
    return withRetries(this.#http.pace.retry, signal, async () => {
      const { chunks, header } = await this.#get(path, request);
      const bytes = await readBytes(chunks, maxBytes).catch((error: unknown) => {
        signal.throwIfAborted();
        throw networkError(this.endpoint.host, error);
      });
      return { bytes, header };
    });
  }

  async #get(path: string, request: Request): Promise<HttpResponse> {
    const response = await this.#authorized(path, request);
    if (response.status === 200 || response.status === 206) return response;
    throw await this.#failure(response, request.signal);
  }

  /** Sends, and sends again when the server asked for another authorization. */
  async #authorized(path: string, request: Request): Promise<HttpResponse> {
    const { signal } = request;
    for (let round = 0; ; round += 1) {
      const used = this.#authorization.header;
      const response = await this.#send(path, request, used);
      if (round === 1 || !response.isDirect) return response;
      const challenge = await this.#challenge(response, used, signal);
      if (challenge === undefined) return response;
      if (!(await this.#authorization.answer(challenge, used, signal))) return response;
      discard(response.body);
    }
  }

  /** Some servers hide what needs a sign-in behind 403; then their root says how to sign in. */
  async #challenge(
    { status, header }: HttpResponse,
    used: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (status === 401) return header("www-authenticate");
    if (status !== 403 || used !== undefined) return undefined;
    if (header("www-authenticate") !== undefined) return header("www-authenticate");
    if (!(await this.#authorization.canSignIn(signal))) return undefined;
    const root = await this.#http.request(`${this.endpoint.origin}/v2/`, { signal });
    discard(root.body);
    return root.header("www-authenticate");
  }

  #send(path: string, request: Request, authorization: string | undefined) {
    const url = `${this.endpoint.origin}/v2/${this.#repository}/${path}`;
    const headers = { ...request.headers, ...(authorization && { authorization }) };
    return this.#http.request(url, { ...request, headers });
  }

  async #failure(response: HttpResponse, signal: AbortSignal): Promise<Error> {
    const { status } = response;
    const words = serverWords(await readText(response.chunks, maxErrorBytes).catch(() => ""));
    const { host } = this.endpoint;
    const isRefusal = status === 401 || status === 403;
    // Where a registry sends on to has no sign-in: its permission is in the address, and runs out.
    if (isRefusal && !response.isDirect) return refusedElsewhere(host, response.host, status);
    if (status === 404) {
      const said = words === "" ? "" : ` (${words})`;
      return imageNotFound(`${host}/${this.#repository}`, `not found${said}`);
    }
    if (isRefusal) {
      if (this.#authorization.isRefusal(status)) return signInRefused(host, words);
      const signedIn = await this.#authorization.isSignedIn(signal);
      return signedIn ? accessDenied(host, words) : signInNeeded(host, words);
    }
    const retryAfterMs = parseRetryAfter(response.header("retry-after"), Date.now());
    if (status === 429) return afterWait(rateLimited(host, retryAfterMs), retryAfterMs);
    const error = badStatus(host, status, words);
    return isTransientStatus(status) ? afterWait(error, retryAfterMs) : error;
  }
}

/** Breaks of the connection become errors that say so. */
async function* received(
  { chunks }: HttpResponse,
  host: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        signal.throwIfAborted();
        throw networkError(host, error);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function startOf(response: HttpResponse): number {
  if (response.status !== 206) return 0;
  const match = /^bytes (\d+)-/.exec(response.header("content-range") ?? "");
  return match === null ? Number.NaN : Number(match[1]);
}
