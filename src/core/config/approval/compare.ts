import { compareBytes } from "../names/order.ts";
import { lineOf, type PrivilegedEntry, type PrivilegedPart, policies } from "./privileged.ts";

/**
 * Whether a configuration may start without a question: it grants nothing that was not approved and
 * keeps every limit that was in force. Without an approval, nothing may be granted.
 */
export function isCovered(part: PrivilegedPart, approved: PrivilegedPart): boolean {
  const known = new Set(approved.map(lineOf));
  const current = new Set(part.map(lineOf));
  const keeps = (limit: PrivilegedEntry) =>
    current.has(lineOf(limit)) || isStricterPolicy(limit, part);
  return (
    part.every((entry) => entry.kind === "limit" || known.has(lineOf(entry))) &&
    approved.every((entry) => entry.kind === "grant" || keeps(entry))
  );
}

function isStricterPolicy(limit: PrivilegedEntry, part: PrivilegedPart): boolean {
  if (limit.keyPath !== "network.policy") return false;
  const now = part.find(({ kind, keyPath }) => kind === "limit" && keyPath === "network.policy");
  if (now === undefined) return false;
  return policies.indexOf(String(now.value)) <= policies.indexOf(String(limit.value));
}

/**
 * What to remember after a start without a question: what was approved stays so, and the limits are
 * those in force now, so that their loss is noticed.
 */
export function rememberedPart(part: PrivilegedPart, approved: PrivilegedPart): PrivilegedPart {
  return [
    ...approved.filter(({ kind }) => kind === "grant"),
    ...part.filter(({ kind }) => kind === "limit"),
  ].sort((a, b) => compareBytes(a.keyPath, b.keyPath));
}
