import {
  DiagnosticSeverity,
  type Diagnostic as ProtocolDiagnostic,
  type Range as ProtocolRange,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic, Range } from "#core/config/types.ts";
import type { Span } from "#core/language/model/model.ts";

export function toProtocolDiagnostic(diagnostic: Diagnostic): ProtocolDiagnostic {
  const { severity, code, message, range, keyPath, suggestion } = diagnostic;
  return {
    range: toProtocolRange(range),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: "airlock",
    code,
    message,
    data: { keyPath, suggestion },
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
