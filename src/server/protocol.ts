import {
  DiagnosticSeverity,
  type Diagnostic as ProtocolDiagnostic,
  type Range as ProtocolRange,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { ShownDiagnostic } from "#core/config/diagnostics.ts";
import type { Range } from "#core/config/types.ts";
import type { Span } from "#core/language/model/model.ts";

/** An echo cannot be mended where it stands, so it has no data for quick fixes. */
export function toProtocolDiagnostic(
  diagnostic: ShownDiagnostic,
  uriOf: (path: string) => string,
): ProtocolDiagnostic {
  const { severity, code, message, range, keyPath, suggestion, related = [], isEcho } = diagnostic;
  return {
    range: toProtocolRange(range),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: "airlock",
    code,
    message,
    ...(isEcho ? {} : { data: { keyPath, suggestion } }),
    relatedInformation: related
      .filter(({ path }) => !path.startsWith("preset:"))
      .map(({ path, range: place, message: text }) => ({
        ...{ location: { uri: uriOf(path), range: toProtocolRange(place) }, message: text },
      })),
  };
}

/** The protocol counts lines and columns from 0. */
export function toProtocolRange({ start, end }: Range): ProtocolRange {
  return {
    start: { line: start.line - 1, character: start.column - 1 },
    end: { line: end.line - 1, character: end.column - 1 },
  };
}

export function spanToRange(document: TextDocument, { start, end }: Span): ProtocolRange {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}
