import type { Diagnostic, Position } from "./types.ts";

/** One line of text, in the form that terminals and problem matchers turn into a link. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { path, range, severity, message } = diagnostic;
  return `${path}:${range.start.line}:${range.start.column}: ${severity}: ${message}`;
}

/** By file, in the given order of files, and then by position. */
export function sortDiagnostics(
  diagnostics: readonly Diagnostic[],
  paths: readonly string[],
): Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      paths.indexOf(a.path) - paths.indexOf(b.path) ||
      comparePositions(a.range.start, b.range.start),
  );
}

function comparePositions(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
