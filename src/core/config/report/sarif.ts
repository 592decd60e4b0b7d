import type { Diagnostic } from "../types.ts";

/** What a SARIF log has to know of its surroundings. */
export type SarifSources = {
  version: string;
  /** Directory, as a `file:` URI that ends in a slash, which relative paths start from. */
  rootUri: string;
  /** Path as a relative reference below `rootUri`, or as an absolute `file:` URI. */
  uriOf: (path: string) => { uri: string; isRelative: boolean };
};

const rootId = "PROJECT";

/** Diagnostics as a SARIF 2.1.0 log, which code scanning services and editors read. */
export function sarifLog(diagnostics: readonly Diagnostic[], sources: SarifSources): object {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  return {
    $schema:
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "airlock",
            semanticVersion: sources.version,
            rules: codes.map((code) => ({
              id: code,
              shortDescription: { text: ruleTexts[code] ?? `Configuration problem: ${code}` },
            })),
          },
        },
        // Columns are those of editors and of SARIF's own default.
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { [rootId]: { uri: sources.rootUri } },
        results: diagnostics.map((diagnostic) => sarifResult(diagnostic, codes, sources)),
      },
    ],
  };
}

function sarifResult(
  { severity, code, message, path, range, keyPath }: Diagnostic,
  codes: readonly string[],
  { uriOf }: SarifSources,
): object {
  const { uri, isRelative } = uriOf(path);
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: isRelative ? { uri, uriBaseId: rootId } : { uri },
          region: {
            startLine: range.start.line,
            startColumn: range.start.column,
            endLine: range.end.line,
            endColumn: range.end.column,
          },
        },
        ...(keyPath !== "" && {
          logicalLocations: [{ fullyQualifiedName: keyPath, kind: "member" }],
        }),
      },
    ],
  };
}

const ruleTexts: Readonly<Record<string, string>> = {
  "circular-preset": "Presets that ask for each other",
  clash: "Entries that contradict each other",
  "duplicate-key": "A key that is written twice",
  host: "The host cannot give what is asked for",
  missing: "A required key is missing",
  "not-a-table": "The file is no table of keys",
  "removed-key": "A key of a former version",
  renamed: "A file with a name of a former version",
  "reserved-name": "A name that cannot be used",
  syntax: "The file does not parse",
  type: "A value of the wrong type",
  "unknown-key": "A key that nothing reads",
  "unknown-preset": "A preset that does not exist",
  unreadable: "The file cannot be read",
  value: "A value that is not allowed",
};
