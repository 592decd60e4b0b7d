import { type Node, type ParseError, parseTree } from "jsonc-parser";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { ModelNode, Span } from "./model.ts";

/** The keys of a text, as far as it can be read; places are counted from an offset in it. */
export class JsonNodes {
  readonly nodes: ModelNode[] = [];
  readonly byPath = new Map<string, ModelNode>();
  readonly errors: ParseError[] = [];
  private readonly origin: number;

  constructor(text: string, origin = 0) {
    this.origin = origin;
    const root = readTree(text, this.errors);
    if (root !== undefined) this.readChildren(root, []);
  }

  private readChildren(parent: Node, segments: KeySegments): void {
    for (const [index, child] of (parent.children ?? []).entries()) {
      if (parent.type === "array") this.readNode(child, [...segments, index]);
      if (parent.type !== "object") continue;
      const [key, value] = child.children ?? [];
      if (key === undefined || value === undefined) continue;
      this.readNode(value, [...segments, String(key.value)], key);
    }
  }

  private readNode(value: Node, segments: KeySegments, key?: Node): void {
    const span = this.spanOf(value);
    const keySpan = key && this.spanOf(key);
    const whole = { start: keySpan?.start ?? span.start, end: span.end };
    const node: ModelNode = { segments, kind: kindOf(value), span, whole };
    if (keySpan !== undefined) node.keySpan = keySpan;
    this.nodes.push(node);
    this.byPath.set(formatKeyPath(segments), node);
    this.readChildren(value, segments);
  }

  private spanOf({ offset, length }: Node): Span {
    const start = offset - this.origin;
    return { start, end: start + length };
  }
}

/** The parser recurses, and a hostile text can exhaust the stack. */
function readTree(text: string, errors: ParseError[]): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true });
  } catch {
    // Nothing is known of such a text, and everything else goes on.
    return undefined;
  }
}

function kindOf({ type }: Node): ModelNode["kind"] {
  if (type === "object") return "table";
  return type === "array" ? "list" : "value";
}
