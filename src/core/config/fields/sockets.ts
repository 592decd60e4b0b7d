/** A Unix socket of the host and the path at which the guest sees it. */
export type SocketMapping = { host: string; guest: string };

/**
 * Reads `host:guest`. Only the last colon can divide, and only when an absolute path or `~` follows;
 * otherwise the whole text is the path on both sides.
 */
export function parseSocketMapping(text: string): SocketMapping {
  const colon = text.lastIndexOf(":");
  const guest = text.slice(colon + 1);
  if (colon < 0 || !/^[/~]/.test(guest)) return { host: text, guest: text };
  return { host: text.slice(0, colon), guest };
}
