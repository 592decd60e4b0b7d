/** A port on the host and the port in the guest that belongs to it. */
export type PortMapping = { host: number; guest: number };

/** Reads `8080` (same port on both sides) or `"8080:80"` (host:guest); else says what is wrong. */
export function parsePortMapping(value: unknown): PortMapping | { error: string } {
  if (typeof value === "number") return mapping(String(value), String(value));
  if (typeof value !== "string") return { error: expectation };
  const colon = value.indexOf(":");
  if (colon < 0) return { error: `${expectation}; a port alone is written without quotes` };
  return mapping(value.slice(0, colon), value.slice(colon + 1));
}

const expectation = 'expected a port number or "<hostPort>:<guestPort>"';

function mapping(host: string, guest: string): PortMapping | { error: string } {
  const result = { host: toPort(host), guest: toPort(guest) };
  if (result.host === 0 || result.guest === 0) return { error: "port 0 cannot be forwarded" };
  if (Number.isNaN(result.host) || Number.isNaN(result.guest)) {
    return { error: `${expectation}, with ports from 1 to 65535` };
  }
  return result;
}

function toPort(text: string): number {
  const port = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : Number.NaN;
}
