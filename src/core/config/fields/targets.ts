/** A destination pattern of rules and middleware. */
export type Target = {
  /**
   * `*`, `*.suffix` (exactly one label before it), `**.suffix` (the suffix itself and every name below
   * it), a host name or an IP address. In lower case, without a dot at the end, names in ASCII form
   * (`xn--…`), addresses in their shortest form.
   */
  host: string;
  /** Undefined means any port. */
  port: number | undefined;
};

/** Reads `host`, `host:port`, `host:*` or `[ipv6]:port`; else says what is wrong with it. */
export function parseTarget(text: string): Target | { error: string } {
  if (/\s/.test(text) || text === "")
    return { error: "a target cannot be empty or contain spaces" };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return { error: "a target has no scheme: write the host alone" };
  if (/^https?:[^/]*:/i.test(text)) {
    return { error: "targets have no `http:` prefix any more: write `host:port`" };
  }
  if (text.includes("/"))
    return { error: "a target is a host and a port, without a path or a network mask" };
  const { host, port } = split(text);
  const number = port === undefined || port === "*" ? undefined : toPort(port);
  if (Number.isNaN(number)) {
    return { error: `\`${port}\` is no port: expected a number from 1 to 65535, or \`*\`` };
  }
  const read = readHost(host);
  return "error" in read ? read : { host: read.host, port: number };
}

/** A port follows the last colon; IPv6 addresses stand in brackets, or alone without a port. */
function split(text: string): { host: string; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) return { host: bracketed[1] ?? "", port: bracketed[2] };
  const colon = text.lastIndexOf(":");
  if (colon < 0 || isIpv6(text)) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port >= 1 && port <= 65_535 ? port : Number.NaN;
}

function readHost(text: string): { host: string } | { error: string } {
  if (text === "*") return { host: "*" };
  if (text.includes(":")) {
    const error = `\`${text}\` is no IPv6 address; write one as \`[::1]:443\``;
    return isIpv6(text) ? { host: shortIpv6(text) } : { error };
  }
  const wildcard = /^\*\*?\./.exec(text)?.[0] ?? "";
  const name = text.slice(wildcard.length).replace(/\.$/, "");
  if (name.includes("*")) {
    const error =
      "a wildcard is `*` alone, or `*.` (one label) or `**.` (any number) at the beginning";
    return { error };
  }
  const ascii = asciiName(name);
  if (ascii === undefined) return { error: `\`${text}\` is no host name` };
  // What ends with a number is read as an address, in forms that hardly anybody means.
  if (/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(ascii) && !isIpv4(ascii) && wildcard === "") {
    return { error: `\`${text}\` is no IPv4 address: expected four numbers from 0 to 255` };
  }
  return { host: wildcard + ascii };
}

/** A host name in lower case and, where it has other letters, as DNS knows it. */
function asciiName(name: string): string | undefined {
  if (!/^[\p{L}\p{N}\p{M}._-]+$/u.test(name)) return undefined;
  const ascii = /[^\0-\x7f]/.test(name) ? hostnameOf(name) : name.toLowerCase();
  const isName = ascii?.split(".").every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) ?? false;
  return isName && (ascii?.length ?? 0) <= 253 ? ascii : undefined;
}

function shortIpv6(text: string): string {
  return hostnameOf(`[${text}]`)?.slice(1, -1) ?? text.toLowerCase();
}

/** Addresses of web pages have their hosts in the form that everybody compares. */
function hostnameOf(host: string): string | undefined {
  try {
    return new URL(`http://${host}/`).hostname;
  } catch {
    // No host can be called so.
    return undefined;
  }
}

/** Whether a host is the machine itself, in one of the spellings that targets have. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host);
}

/** Whether a text is an IPv6 address, with at most one `::` and an optional IPv4 tail. */
export function isIpv6(text: string): boolean {
  if (!/^[0-9a-f:.]+$/i.test(text) || (text.match(/::/g) ?? []).length > 1) return false;
  if (text.includes(":::")) return false;
  const isShort = text.includes("::");
  const groups = text.split(":").filter((group, index, all) => group !== "" || !isEdge(index, all));
  const tail = groups.at(-1) ?? "";
  const hasIpv4 = tail.includes(".");
  if (hasIpv4 && !isIpv4(tail)) return false;
  const hex = groups.slice(0, hasIpv4 ? -1 : undefined).filter((group) => group !== "");
  if (!hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = hex.length + (hasIpv4 ? 2 : 0);
  return isShort ? count < 8 : count === 8 && /^[^:].*[^:]$/.test(text);
}

/** Whether a host pattern is an address and no name. */
export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

function isEdge(index: number, all: readonly string[]): boolean {
  return index === 0 || index === all.length - 1;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return (
    parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  );
}
