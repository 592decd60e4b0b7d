import { type Document, isCollection, isMap, isScalar, isSeq, type YAMLMap } from "yaml";
import type { Span } from "../../language/model/model.ts";
import { RecentParts } from "../../language/model/recent.ts";
import { type YamlPart, yamlParts } from "../../language/model/yamlParts.ts";
import { parseYaml } from "./parseYaml.ts";

/** One key with its value, read by itself; places in it are counted from its start. */
export type YamlEntry = { start: number; map: YAMLMap };
/** A key with a table of pieces. */
export type YamlTable = { key: Span; name: string; span: Span; pieces: YamlPiece[] };
export type YamlPiece = YamlEntry | YamlTable;

/** Parsing takes longer than all else that is done with a text, and most of it is what it was. */
const recent = new RecentParts<Document.Parsed>();

/** A text without errors in pieces; undefined where they do not mean by themselves what they mean together. */
export function yamlPieces(text: string): YamlPiece[] | undefined {
  if (anchorOrAlias.test(text)) return undefined;
  const parts = yamlParts(text);
  return parts && piecesOf(text, parts)?.pieces;
}

/** What an alias stands for is somewhere else. */
const anchorOrAlias = /(?:^|[\s[{,:])[&*]\S/;

function piecesOf(text: string, parts: readonly YamlPart[]) {
  const names = new Set<string>();
  const pieces: YamlPiece[] = [];
  let end = 0;
  for (const part of parts) {
    names.add(text.slice(part.key.start, part.key.end));
    const piece = pieceOf(text, part);
    if (piece === undefined) return undefined;
    pieces.push(piece);
    end = "map" in piece ? piece.start + (piece.map.range?.[1] ?? 0) : piece.span.end;
  }
  // Only all of them together tell that a key is there twice.
  return names.size === parts.length ? { pieces, end } : undefined;
}

function pieceOf(text: string, { span, key, below }: YamlPart): YamlPiece | undefined {
  if (below !== undefined) {
    const inner = piecesOf(text, below);
    const start = below[0]?.key.start ?? key.end;
    const name = text.slice(key.start, key.end);
    return inner && { key, name, span: { start, end: inner.end }, pieces: inner.pieces };
  }
  const { contents, errors } = recent.of(text.slice(span.start, span.end), parseYaml);
  if (!isMap(contents) || contents.items.length !== 1) return undefined;
  const isClear = errors.length === 0 && !endsWithNothing(contents);
  return isClear ? { start: span.start, map: contents } : undefined;
}

/** Where nothing ends depends on what follows. */
function endsWithNothing(node: unknown): boolean {
  if (isCollection(node) && node.flow) return false;
  if (isMap(node)) return endsWithNothing(node.items.at(-1)?.value);
  if (isSeq(node)) return endsWithNothing(node.items.at(-1));
  return !isScalar(node) || node.source === "";
}
