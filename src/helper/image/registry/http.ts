import type { Readable } from "node:stream";
import { type Dispatcher, EnvHttpProxyAgent, Pool, request as send } from "undici";
import { defaultRetryRule, type RetryRule } from "#core/oci/registry/retry.ts";
import { endlessRedirects, networkError, trickled, unsafeRedirect } from "./errors.ts";

/** Deadlines of every exchange with a server, and how it is repeated. */
export type Pace = {
  readonly connectMs: number;
  /** Until the answer begins. */
  readonly headersMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
  /** A server that is waited for so long in all has to send at least so much. */
  readonly slowest: { readonly bytes: number; readonly ms: number };
  readonly retry: RetryRule;
};

export const defaultPace: Pace = {
  connectMs: 15_000,
  headersMs: 30_000,
  idleMs: 30_000,
  slowest: { bytes: 30_000, ms: 60_000 },
  retry: defaultRetryRule,
};

export type HttpRequest = {
  readonly method?: "GET" | "HEAD" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
};

export type HttpResponse = {
  readonly status: number;
  /** To be discarded, or read as `chunks`. */
  readonly body: Readable;
  /** The body, as long as the server does not trickle it. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Who answered. */
  readonly host: string;
  /** Whether that is the asked server itself, and not one it redirected to. */
  readonly isDirect: boolean;
  header(name: string): string | undefined;
};

/** What may have come in before it is asked for: with less, files would be written in more and smaller pieces. */
const maxUnreadBytes = 256 << 10;
const maxRedirects = 10;
const redirectStatus = new Set([301, 302, 303, 307, 308]);

/** Sends requests through the proxies of the environment, with deadlines and safe redirects. */
export class HttpClient {
  readonly pace: Pace;
  readonly #dispatcher: Dispatcher;

  constructor(pace: Pace, authorities: string[] | undefined) {
    this.pace = pace;
    const connect = {
      ...(authorities && { ca: authorities }),
      timeout: pace.connectMs,
    };
    const headersTimeout = pace.headersMs;
    this.#dispatcher = new EnvHttpProxyAgent({
      connect,
      requestTls: connect,
      proxyTls: connect,
      // A proxy would be waited for without end: the deadlines below are for who is behind it.
      clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout }),
      headersTimeout,
      bodyTimeout: pace.idleMs,
      pipelining: 1,
      connections: 8,
    });
  }

  /**
   * Follows redirects. `Authorization` and what is sent in a body reach no other host than the first,
   * and nothing that began encrypted goes on in the clear.
   */
  async request(address: string | URL, options: HttpRequest): Promise<HttpResponse> {
    let url = new URL(address);
    let sent = options;
    const first = url.origin;
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const response = await this.#send(url, sent);
      const location = response.headers.location;
      if (!redirectStatus.has(response.statusCode) || location === undefined) {
        const chunks = steady(response.body, { host: url.host, ...this.pace.slowest });
        return { ...wrap(response), host: url.host, isDirect: url.origin === first, chunks };
      }
      discard(response.body);
      const from = url;
      url = redirected(from, String(location));
      if (becomesGet(response.statusCode, sent)) sent = withoutBody(sent);
      if (url.origin === first) continue;
      if (sent.body !== undefined) throw unsafeRedirect(from.host, "another host");
      sent = { ...sent, headers: without(sent.headers, "authorization") };
    }
    throw endlessRedirects(new URL(address).host);
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  async #send(url: URL, options: HttpRequest): Promise<Dispatcher.ResponseData> {
    try {
      return await send(url, {
        method: options.method ?? "GET",
        headers: { "user-agent": "airlock", "accept-encoding": "identity", ...options.headers },
        body: options.body ?? null,
        signal: options.signal,
        dispatcher: this.#dispatcher,
        highWaterMark: maxUnreadBytes,
      });
    } catch (error) {
      options.signal.throwIfAborted();
      throw networkError(url.host, error);
    }
  }
}

/** Lets go of an answer that nobody reads. */
export function discard(body: Readable): void {
  body.on("error", () => undefined);
  body.destroy();
}

/** Only the time that the server is waited for counts: a full disk here is not its fault. */
async function* steady(
  body: Readable,
  { host, bytes, ms }: { host: string; bytes: number; ms: number },
): AsyncGenerator<Uint8Array, void> {
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let waitedMs = 0;
  let received = 0;
  try {
    for (;;) {
      const askedAtMs = performance.now();
      const next = await iterator.next();
      if (next.done) return;
      waitedMs += performance.now() - askedAtMs;
      received += next.value.length;
      if (received >= bytes) {
        received = 0;
        waitedMs = 0;
      } else if (waitedMs >= ms) throw trickled(host, received, waitedMs);
      yield next.value;
    }
  } finally {
    discard(body);
  }
}

/** Reads a small answer; one that is too long is cut. */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  return (await readBytes(body, maxBytes)).toString("utf8");
}

function wrap({ statusCode, headers, body }: Dispatcher.ResponseData) {
  return {
    status: statusCode,
    body,
    header: (name: string) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isWeb = to?.protocol === "https:" || to?.protocol === "http:";
  const isWeaker = from.protocol === "https:" && to?.protocol === "http:";
  if (to === undefined || !isWeb || isWeaker) {
    throw unsafeRedirect(from.host, to?.protocol.replace(":", "") ?? "an unreadable address");
  }
  return to;
}

/** As browsers do, and as 303 demands. */
function becomesGet(status: number, { method }: HttpRequest): boolean {
  return status === 303 ? method !== "HEAD" : method === "POST" && status < 303;
}

function withoutBody({ body: _, ...request }: HttpRequest): HttpRequest {
  return { ...request, method: "GET", headers: without(request.headers, "content-type") };
}

function without(headers: HttpRequest["headers"], name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([key]) => key !== name));
}
