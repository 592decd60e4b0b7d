import { formatKeyPath, type KeySegments } from "./names/keyPath.ts";
import type { Provenance } from "./provenance/provenance.ts";
import { type Diagnostic, type Position, startOfFile } from "./types.ts";

/** One line of text, in the form that terminals and problem matchers turn into a link. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { path, range, severity, message } = diagnostic;
  return `${path}:${range.start.line}:${range.start.column}: ${severity}: ${message}`;
}

/** An error about a value, where it is set; about a default, in the last file. */
export function errorAt(
  provenance: Provenance,
  segments: KeySegments,
  { code, message }: { code: string; message: string },
): Diagnostic {
  const keyPath = formatKeyPath(segments);
  const origin = provenance.answerableOrigin(segments);
  const { path, range } = origin ?? { path: provenance.lastPath, range: startOfFile };
  return { severity: "error", code, message: `\`${keyPath}\`: ${message}`, path, range, keyPath };
}

/** A diagnostic as a file shows it. */
export type ShownDiagnostic = Diagnostic & {
  /** Whether it stands in another file, where it can be mended. */
  isEcho?: true;
};

/** A problem that two files make together is shown in both, each with the way to the other. */
export function inEveryFile(diagnostic: Diagnostic): ShownDiagnostic[] {
  const { path, range, keyPath, related = [] } = diagnostic;
  const here = { path, range, message: `\`${keyPath}\`` };
  const others = related.filter(
    (each, index) =>
      each.path !== path &&
      !each.path.startsWith("preset:") &&
      related.findIndex((other) => other.path === each.path) === index,
  );
  const echoes = others.map(
    (each): ShownDiagnostic => ({
      ...{ ...diagnostic, path: each.path, range: each.range, isEcho: true },
      related: [here, ...related.filter((other) => other !== each)],
    }),
  );
  return [diagnostic, ...echoes];
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
