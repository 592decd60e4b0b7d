import type { KeySegments } from "#core/config/names/keyPath.ts";
import { type DocumentModel, isBelow, type ModelNode, nodeOf } from "../model/model.ts";
import { mappedText } from "../strings/read.ts";
import type { Edit } from "./edit.ts";
import { insertKey, inTurn, removeKey } from "./edits.ts";
import { moveMiddleware } from "./middleware.ts";
import { rawOf } from "./yamlEdits.ts";

/** What a key of a former version becomes: another key, with its value as written there. */
type Replacement = {
  to: KeySegments;
  raw: string;
  /** A key that belongs beside it. */
  beside?: { key: string; raw: string };
};

/** A key of a former version, written as it is today; undefined for those that need thought. */
export function replaceRemoved(
  model: DocumentModel,
  node: ModelNode,
): { to: KeySegments; edits: Edit[] } | undefined {
  const { segments } = node;
  if (segments.join(".") === "cache") return moveCaches(model, node);
  if (segments[1] === "sockets" && segments.at(-1) === "guest") return joinSocket(model, node);
  if (segments[1] === "rules" && segments[3] === "middleware") {
    const edits = moveMiddleware(model, node);
    return edits && { to: ["network", "middleware", String(segments[2])], edits };
  }
  const found = replacementOf(segments, rawOf(model, node));
  if (found === undefined || nodeOf(model, found.to) !== undefined) return undefined;
  const { to, raw, beside } = found;
  const moved = inTurn(model, removeKey(model, node), (rest) => insertKey(rest, to, raw));
  if (beside === undefined) return { to, edits: moved };
  const other = [...to.slice(0, -1), beside.key];
  const edits = inTurn(model, moved, (rest) => insertKey(rest, other, beside.raw));
  return { to, edits };
}

/** Both paths of a socket are one text now. */
function joinSocket(model: DocumentModel, guest: ModelNode) {
  const to = [...guest.segments.slice(0, -1), "host"];
  const host = nodeOf(model, to);
  if (host === undefined) return undefined;
  const [left, right] = [host, guest].map(({ span }) => mappedText(model, span).text);
  const joined = [{ span: host.span, newText: JSON.stringify(`${left}:${right}`) }];
  const edits = inTurn(model, joined, (rest) => {
    const old = nodeOf(rest, guest.segments);
    return old === undefined ? [] : removeKey(rest, old);
  });
  return { to, edits };
}

/** The section has moved below another: in TOML its headers and keys get a longer name. */
function moveCaches(model: DocumentModel, node: ModelNode) {
  const to = ["disk", "cache"];
  if (nodeOf(model, to) !== undefined) return undefined;
  if (model.format !== "toml") {
    const raw = rawOf(model, node);
    const edits = inTurn(model, removeKey(model, node), (rest) => insertKey(rest, to, raw));
    return { to, edits };
  }
  const starts = model.nodes
    .filter(({ segments }) => segments[0] === "cache" || isBelow(segments, ["cache"]))
    .map(({ whole }) => whole.start + (/^\[+/.exec(model.text.slice(whole.start))?.[0].length ?? 0))
    .filter((start) => /^\s*cache\b/.test(model.text.slice(start, start + 50)));
  const edits = [...new Set(starts)].map((start) => ({
    ...{ span: { start, end: start }, newText: "disk." },
  }));
  return { to, edits };
}

/** Follows the same keys as the diagnostic. */
function replacementOf(segments: KeySegments, raw: string): Replacement | undefined {
  switch (segments.map((segment, index) => (index === 2 ? "*" : segment)).join(".")) {
    case "nested_virtualization":
    case "vm.nested_virtualization":
      return { to: ["vm", "kvm"], raw };
    case "network.default_mode":
      return { to: ["network", "policy"], raw: raw.replace(/allow|deny/, "$&-by-default") };
    case "network.allowed_hosts":
    case "network.allowed_hosts_tls":
      return { to: ["network", "rules", "allowed-hosts", "allow"], raw };
    case "network.tls_passthrough":
      return {
        ...{ to: ["network", "rules", "tls-passthrough", "allow"], raw },
        beside: { key: "passthrough", raw: "true" },
      };
    case "network.host_ports":
      return { to: ["network", "ports", "host-ports", "host"], raw };
    case "disk.cache.*.path":
      return { to: [...segments.slice(0, -1), "paths"], raw: `[${raw}]` };
    default:
      return undefined;
  }
}
