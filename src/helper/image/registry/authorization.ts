import * as z from "zod";
import { type Challenge, parseChallenges } from "#core/oci/registry/challenge.ts";
import { parseRetryAfter } from "#core/oci/registry/retry.ts";
import type { Credentials } from "./credentials.ts";
import { badStatus, networkError, rateLimited, serverWords } from "./errors.ts";
import { discard, type HttpClient, type HttpResponse, readText } from "./http.ts";
import { afterWait } from "./retries.ts";

const maxAnswerBytes = 1 << 20;
const answerSchema = z.looseObject({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
});

export type AuthorizationOptions = {
  readonly http: HttpClient;
  /** Whether the registry itself is spoken to in the clear. */
  readonly isPlain: boolean;
  readonly scope: string;
  readonly findCredentials: (signal: AbortSignal) => Promise<Credentials | undefined>;
};

/** Signs in to one repository of one server, as it asks for it, once for all requests. */
export class Authorization {
  readonly #options: AuthorizationOptions;
  #header: string | undefined;
  #credentials: Promise<Credentials | undefined> | undefined;
  #refused = false;
  #renewal: Promise<void> | undefined;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
  }

  /** The value of the `Authorization` header, when it is known what the server wants. */
  get header(): string | undefined {
    return this.#header;
  }

  /** Whether the server has been shown credentials that it did not refuse at once. */
  async isSignedIn(signal: AbortSignal): Promise<boolean> {
    return !this.#refused && this.#header !== undefined && (await this.#find(signal)) !== undefined;
  }

  /** Whether an answer with this status, or an earlier one, means that the credentials are no good. */
  isRefusal(status: number): boolean {
    return this.#refused || (status === 401 && (this.#header?.startsWith("Basic ") ?? false));
  }

  /** Whether there are credentials that were not tried yet. */
  async canSignIn(signal: AbortSignal): Promise<boolean> {
    return this.#header === undefined && (await this.#find(signal)) !== undefined;
  }

  /**
   * Answers a challenge to a request that was sent with `used`; false when there is no new answer.
   * Requests that were refused together are answered once.
   */
  async answer(
    challenge: string | undefined,
    used: string | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.#header !== used) return true;
    this.#renewal ??= this.#renew(parseChallenges(challenge ?? ""), signal).finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
    return this.#header !== undefined && this.#header !== used;
  }

  async #renew(challenges: readonly Challenge[], signal: AbortSignal): Promise<void> {
    const credentials = await this.#find(signal);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (credentials?.kind === "registry") {
      this.#header = `Bearer ${credentials.token}`;
    } else if (bearer !== undefined) {
      this.#header = `Bearer ${await this.#token(bearer, credentials, signal)}`;
    } else if (challenges.some(({ scheme }) => scheme === "basic")) {
      this.#header = credentials?.kind === "password" ? basic(credentials) : undefined;
    }
  }

  async #token(
    { parameters }: Challenge,
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const realm = URL.canParse(parameters.realm ?? "")
      ? new URL(parameters.realm ?? "")
      : undefined;
    if (realm === undefined || !/^https?:$/.test(realm.protocol)) {
      throw badStatus("the registry", 401, "it names no place to sign in");
    }
    // Who hears a password must not be able to be overheard, unless everything is in the clear.
    const isSafe = realm.protocol === "https:" || this.#options.isPlain;
    const usable = isSafe && !this.#refused ? credentials : undefined;
    const response = await this.#requestToken(
      realm,
      { service: parameters.service, credentials: usable },
      signal,
    );
    if (usable === undefined || (response.status !== 401 && response.status !== 403)) {
      return await tokenOf(realm, response, signal);
    }
    // Old credentials must not keep anybody from what is public.
    this.#refused = true;
    discard(response.body);
    const anonymous = await this.#requestToken(realm, { service: parameters.service }, signal);
    return await tokenOf(realm, anonymous, signal);
  }

  #requestToken(
    realm: URL,
    {
      service,
      credentials,
    }: { service: string | undefined; credentials?: Credentials | undefined },
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const { http, scope } = this.#options;
    const fields = new URLSearchParams({ ...(service && { service }), scope });
    if (credentials?.kind === "identity") {
      fields.set("grant_type", "refresh_token");
      fields.set("client_id", "airlock");
      fields.set("refresh_token", credentials.token);
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      return http.request(realm, { method: "POST", headers, body: fields.toString(), signal });
    }
    const url = new URL(realm);
    for (const [name, value] of fields) url.searchParams.set(name, value);
    const headers: Record<string, string> =
      credentials?.kind === "password" ? { authorization: basic(credentials) } : {};
    return http.request(url, { headers, signal });
  }

  #find(signal: AbortSignal): Promise<Credentials | undefined> {
    this.#credentials ??= this.#options.findCredentials(signal);
    return this.#credentials;
  }
}

/** Failures are for the request that needs the token to be repeated. */
async function tokenOf(realm: URL, response: HttpResponse, signal: AbortSignal): Promise<string> {
  const text = await readText(response.chunks, maxAnswerBytes).catch((error: unknown) => {
    signal.throwIfAborted();
    throw networkError(realm.host, error);
  });
  const retryAfterMs = parseRetryAfter(response.header("retry-after"), Date.now());
  if (response.status === 429) {
    throw afterWait(rateLimited(realm.host, retryAfterMs), retryAfterMs);
  }
  // A refusal to those who are nobody: what the registry then says about the image is clearer.
  if (response.status === 401 || response.status === 403) return "";
  if (response.status !== 200) {
    throw afterWait(badStatus(realm.host, response.status, serverWords(text)), retryAfterMs);
  }
  const parsed = answerSchema.safeParse(parseJson(text));
  const token = parsed.data?.token || parsed.data?.access_token;
  if (!token || !/^[\x21-\x7e]+$/.test(token)) {
    throw badStatus(realm.host, response.status, "its answer has no token");
  }
  return token;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
