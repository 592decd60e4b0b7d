import {
  DiagnosticSeverity,
  type Diagnostic as ProtocolDiagnostic,
  type Range as ProtocolRange,
} from "vscode-languageserver/node";
import type { Diagnostic, Range } from "#core/config/types.ts";

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
