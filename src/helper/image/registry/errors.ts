import { ImageError } from "../errors.ts";

/** A server that cannot be reached, or a connection that broke. */
export function networkError(host: string, cause: unknown): ImageError {
  if (cause instanceof ImageError) return cause;
  const { code, reason } = networkReason(cause);
  return new ImageError(code, `${host} cannot be reached: ${reason}`, {
    cause,
    hint: code === "certificate" ? certificateHint : undefined,
  });
}

const certificateHint =
  "Put the certificate authority into ~/.docker/certs.d/<host>/ca.crt, or name it in registries.<host>.ca of the user settings.";

type NetworkReason = { code: "network" | "certificate" | "unreachable"; reason: string };

function networkReason(error: unknown): NetworkReason {
  const causes = [...causesOf(error)];
  const codes = causes.map((cause) => ("code" in cause ? String(cause.code) : ""));
  for (const code of codes) {
    const known = reasons[code];
    if (known !== undefined) return known;
    if (/CERT|SIGNED|SIGNATURE|ALTNAME/.test(code)) {
      return { code: "certificate", reason: `its certificate is not trusted (${code})` };
    }
  }
  return proxyReason(causes) ?? { code: "network", reason: causes[0]?.message ?? String(error) };
}

/** The only sign of what a proxy answered is the text of the error. */
function proxyReason(causes: readonly Error[]): NetworkReason | undefined {
  const answers = causes.map(({ message }) => /^Proxy response \((\d+)\)/.exec(message)?.[1]);
  const status = answers.find((answer) => answer !== undefined);
  if (status === undefined) return undefined;
  if (status !== "407") return { code: "network", reason: `the proxy answered ${status}` };
  return { code: "unreachable", reason: "the proxy demands another sign-in" };
}

function* causesOf(error: unknown): Generator<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    yield cause;
    // Attempts at several addresses fail together.
    if (cause instanceof AggregateError) yield* cause.errors.filter((one) => one instanceof Error);
  }
}

const reasons: Readonly<Record<string, NetworkReason>> = {
  ECONNREFUSED: { code: "network", reason: "the connection was refused" },
  ECONNRESET: { code: "network", reason: "the connection was reset" },
  ENOTFOUND: { code: "unreachable", reason: "its name is not known" },
  EAI_AGAIN: { code: "network", reason: "its name could not be looked up" },
  ENETUNREACH: { code: "unreachable", reason: "there is no network" },
  EHOSTUNREACH: { code: "unreachable", reason: "there is no way to it" },
  UND_ERR_CONNECT_TIMEOUT: { code: "network", reason: "the connection took too long" },
  UND_ERR_HEADERS_TIMEOUT: { code: "network", reason: "it did not answer in time" },
  UND_ERR_BODY_TIMEOUT: { code: "network", reason: "it stopped sending" },
  UND_ERR_SOCKET: { code: "network", reason: "the connection broke" },
  EPROTO: { code: "certificate", reason: "it does not speak TLS" },
  ERR_SSL_WRONG_VERSION_NUMBER: { code: "certificate", reason: "it does not speak TLS" },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: { code: "certificate", reason: "it does not speak TLS" },
};

/** A server that keeps the connection alive and sends next to nothing. */
export function trickled(host: string, bytes: number, ms: number): ImageError {
  const seconds = Math.round(ms / 1000);
  return new ImageError("network", `${host} sends too slowly: ${bytes} bytes in ${seconds} s`);
}

/** A blob whose connection ended before its end. */
export function cutShort(host: string): ImageError {
  return new ImageError("network", `${host} broke off the transfer`);
}

export function endlessRedirects(host: string): ImageError {
  return new ImageError("registry", `${host} redirects without end`);
}

export function unsafeRedirect(host: string, scheme: string): ImageError {
  return new ImageError("registry", `${host} redirects to ${scheme}, which is not followed`);
}

/** An answer with a status that means failure, in the server's own words where it has some. */
export function badStatus(host: string, status: number, words: string): ImageError {
  const said = words === "" ? "" : `: ${words}`;
  const code = status >= 500 ? "network" : "registry";
  return new ImageError(code, `${host} answered ${status}${said}`);
}

/** A refusal of the server that the registry redirected to. */
export function refusedElsewhere(host: string, target: string, status: number): ImageError {
  return new ImageError("network", `${target}, where ${host} redirects to, answered ${status}`);
}

export function signInNeeded(host: string, words: string): ImageError {
  const said = words === "" ? "" : ` (${words})`;
  return new ImageError("unauthorized", `the registry ${host} requires authentication${said}`, {
    hint: `Check the name, or sign in with \`docker login ${host}\`.`,
  });
}

/** A user name, password or token that the registry does not know. */
export function signInRefused(host: string, words: string): ImageError {
  const said = words === "" ? "" : ` (${words})`;
  return new ImageError("unauthorized", `the registry ${host} refused the sign-in${said}`, {
    hint: `Sign in anew with \`docker login ${host}\`, or sign out with \`docker logout ${host}\` if the image is public.`,
  });
}

export function accessDenied(host: string, words: string): ImageError {
  const said = words === "" ? "" : ` (${words})`;
  return new ImageError("denied", `the registry ${host} denied access${said}`, {
    hint: `Check the name, or sign in as somebody else with \`docker login ${host}\`.`,
  });
}

export function rateLimited(host: string, retryAfterMs: number | undefined): ImageError {
  const when = retryAfterMs === undefined ? "" : `; it asks to wait ${wait(retryAfterMs)}`;
  return new ImageError("rate-limit", `${host} refuses more requests for now${when}`, {
    hint: "Try again later; registries often allow more to those who are signed in.",
  });
}

function wait(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}

/** What a server says is shown in one line, without control characters. */
export function serverWords(body: string): string {
  const messages: unknown = parseErrors(body);
  const text = typeof messages === "string" ? messages : "";
  return text
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 200);
}

function parseErrors(body: string): unknown {
  try {
    const { errors } = JSON.parse(body) as { errors?: { message?: unknown }[] };
    return errors?.[0]?.message;
  } catch {
    // Not the JSON of a registry: a page of some proxy helps nobody.
    return undefined;
  }
}
