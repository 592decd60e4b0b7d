import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import { JsonNodes } from "./jsonNodes.ts";
import { type JsonPart, jsonParts } from "./jsonParts.ts";
import { type JsonPlace, jsonPlaceAt } from "./jsonPlace.ts";
import type { DocumentModel, ModelNode, Place, Span } from "./model.ts";
import { movedSpan, placed } from "./placed.ts";
import { alone, RecentParts } from "./recent.ts";

/** Reads a text part by part where that means the same: the parts that nobody types in are known. */
export function jsonModel(text: string): DocumentModel {
  const parts = jsonParts(text);
  const joined = new JoinedNodes(text);
  if (parts !== undefined && joined.add(parts, [])) {
    const { nodes, byPath } = joined;
    return { format: "json", text, nodes, byPath, placeAt: (offset) => joined.placeAt(offset) };
  }
  const { nodes, byPath } = new JsonNodes(text);
  return { format: "json", text, nodes, byPath, placeAt: (offset) => jsonPlaceAt(text, offset) };
}

type PartNodes = { nodes: readonly ModelNode[]; hasErrors: boolean };

const recent = new RecentParts<PartNodes>();
/** What is shorter is read in no time. */
const minCutLength = 400;

class JoinedNodes {
  readonly nodes: ModelNode[] = [];
  readonly byPath = new Map<string, ModelNode>();
  private readonly text: string;
  private readonly places: { span: Span; table: KeySegments }[] = [];

  constructor(text: string) {
    this.text = text;
  }

  /** Whether all parts are clear by themselves. */
  add(parts: readonly JsonPart[], table: KeySegments): boolean {
    return parts.every((part) => {
      const { object, span } = part;
      if (object !== undefined && span.end - span.start >= minCutLength) {
        return this.addObject(object, table);
      }
      // Whatever is wrong beside brackets can change which of them belong together.
      if (this.addPart(part, table)) return true;
      return object !== undefined && this.addObject(object, table);
    });
  }

  /** What belongs at an offset needs no more of the text than the part that holds it. */
  placeAt(offset: number): Place {
    const found = this.places.find(({ span }) => span.start <= offset && offset <= span.end);
    if (found === undefined) return jsonPlaceAt(this.text, offset);
    const { span, table } = found;
    const by = span.start - 1;
    const place = jsonPlaceAt(wrapped(this.text.slice(span.start, span.end)), offset - by);
    return moved(place, by, table);
  }

  private addObject({ key, span, parts }: NonNullable<JsonPart["object"]>, table: KeySegments) {
    const segments = [...table, alone(this.text.slice(key.start + 1, key.end - 1))];
    const whole = { start: key.start, end: span.end };
    this.addNode({ segments, kind: "table", span, whole, keySpan: key }, formatKeyPath(segments));
    return this.add(parts, segments);
  }

  private addPart({ span, hasBrackets }: JsonPart, table: KeySegments): boolean {
    const part = recent.of(this.text.slice(span.start, span.end), readPart);
    if (part.hasErrors && hasBrackets) return false;
    this.places.push({ span, table });
    const { nodes, keyPaths } = placed(part, span.start, table);
    for (const [index, node] of nodes.entries()) this.addNode(node, keyPaths[index] ?? "");
    return true;
  }

  private addNode(node: ModelNode, keyPath: string): void {
    this.nodes.push(node);
    this.byPath.set(keyPath, node);
  }
}

function readPart(text: string): PartNodes {
  const { nodes, errors } = new JsonNodes(wrapped(text), 1);
  return { nodes, hasErrors: errors.length > 0 };
}

/** A line comment at the end would go on over the brace. */
function wrapped(part: string): string {
  return `{${part}\n}`;
}

function moved(place: JsonPlace, by: number, table: KeySegments): Place {
  if (place.role === "none") return place;
  const span = movedSpan(place.span, by);
  if (place.role === "key") return { ...place, span, parents: [...table, ...place.parents] };
  return { ...place, span, segments: [...table, ...place.segments] };
}
