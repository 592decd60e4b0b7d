import { writeKey } from "../completion/items.ts";
import { type DocumentModel, isBelow, type ModelNode, nodeOf } from "../model/model.ts";
import { at, type Edit, lineEnd } from "./edit.ts";
import { insertKey, inTurn, removeKey, tomlKey } from "./edits.ts";
import { elementsOf, freeName, renameHeaders } from "./tables.ts";
import { flowOf, inBlock, rawOf } from "./yamlEdits.ts";

const section = ["network", "middleware"] as const;

/** The scripts that once stood in a rule, each with the rule's targets as its own. */
export function moveMiddleware(model: DocumentModel, node: ModelNode): Edit[] | undefined {
  const [, , rule] = node.segments;
  const elements = elementsOf(model, node.segments);
  const allow = nodeOf(model, [...node.segments.slice(0, -1), "allow"]);
  if (allow === undefined || typeof rule !== "string") return undefined;
  const targets = rawOf(model, allow);
  const headers = [node, ...elements].filter(({ isHeader }) => isHeader);
  if (headers.length > 0) return moveHeaders(model, headers, { rule, targets });
  const entries = (node.kind === "list" ? elements : [node]).map((each) =>
    model.format === "toml"
      ? [`target = ${targets}`, ...statementsIn(model, each)]
      : [withTargets(model, each, targets)],
  );
  return entries.reduce<Edit[]>(
    (edits, lines) => inTurn(model, edits, (rest) => insertEntry(rest, rule, lines)),
    removeKey(model, node),
  );
}

function moveHeaders(
  model: DocumentModel,
  headers: readonly ModelNode[],
  { rule, targets }: { rule: string; targets: string },
): Edit[] {
  const taken: string[] = [];
  return headers.flatMap((header) => {
    const name = freeName(model, [...section, rule], taken);
    taken.push(name);
    const end = lineEnd(model.text, header.keySpan?.end ?? header.whole.start);
    const edits = renameHeaders(model, header.segments, [...section, name]);
    return [...edits, at(end, `\ntarget = ${targets}`)];
  });
}

/** What stands between the braces of a table, one statement each. */
function statementsIn({ nodes, text }: DocumentModel, table: ModelNode): string[] {
  const written: ModelNode[] = [];
  for (const node of nodes) {
    const { keySpan, span, whole } = node;
    if (keySpan === undefined || !isBelow(node.segments, table.segments)) continue;
    const isOnlyNamed = span.start === keySpan.start;
    if (!isOnlyNamed && (written.at(-1)?.whole.end ?? 0) <= whole.start) written.push(node);
  }
  return written.map(({ whole }) => text.slice(whole.start, whole.end));
}

function withTargets(model: DocumentModel, element: ModelNode, targets: string): string {
  const raw = rawOf(model, element);
  if (model.format === "json") return `{"target": ${targets}, ${raw.replace(/^\{\s*/, "")}`;
  if (raw.startsWith("{")) return `{ target: ${flowOf(targets)}, ${raw.replace(/^\{\s*/, "")}`;
  return `${inBlock(["target"], targets, 0)}\n${raw}`;
}

/** Adds a script with the statements of its table; in TOML as a table with a header, if that can be. */
function insertEntry(model: DocumentModel, rule: string, lines: readonly string[]): Edit[] {
  const { format, text } = model;
  const name = freeName(model, [...section, rule], []);
  if (format !== "toml") return insertKey(model, [...section, name], lines.join("\n"));
  const inBraces = `{ ${lines.join(", ")} }`;
  if (hasBraces(model, section)) return insertKey(model, [...section, name], inBraces);
  if (hasBraces(model, section.slice(0, 1))) {
    return insertKey(model, section, `{ ${writeKey(name, format)} = ${inBraces} }`);
  }
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  const block = [`[${tomlKey([...section, name])}]`, ...lines, ""].join("\n");
  return [at(text.length, `${gap}\n${block}`)];
}

function hasBraces(model: DocumentModel, segments: readonly string[]): boolean {
  const node = nodeOf(model, segments);
  return node !== undefined && model.text[node.span.start] === "{";
}
