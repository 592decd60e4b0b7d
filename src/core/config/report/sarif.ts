import type { Diagnostic, Range } from "../types.ts";

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
  { severity, code, message, path, range, keyPath, related = [] }: Diagnostic,
  codes: readonly string[],
  { uriOf }: SarifSources,
): object {
  const physical = (at: { path: string; range: Range }) => {
    const { uri, isRelative } = uriOf(at.path);
    return {
      artifactLocation: isRelative ? { uri, uriBaseId: rootId } : { uri },
      region: {
        startLine: at.range.start.line,
        startColumn: at.range.start.column,
        endLine: at.range.end.line,
        endColumn: at.range.end.column,
      },
    };
  };
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: message },
    locations: [
      {
        physicalLocation: physical({ path, range }),
        ...(keyPath !== "" && {
          logicalLocations: [{ fullyQualifiedName: keyPath, kind: "member" }],
        }),
      },
    ],
    ...(related.length > 0 && {
      relatedLocations: related.map((each) => ({
        physicalLocation: physical(each),
        message: { text: each.message },
      })),
    }),
  };
}

const ruleTexts: Readonly<Record<string, string>> = {
  "circular-preset": "Presets that ask for each other",
  clash: "Entries that contradict each other",
  "duplicate-key": "A key that is written twice",
  contradiction: "A target that is allowed and denied",
  "disables-nothing": "A switch for an entry that nothing defines",
  "duplicate-entry": "An element that is in a list twice",
  host: "The host cannot give what is asked for",
  "list-grows": "A list that grows where it was meant to be replaced",
  missing: "A required key is missing",
  "never-matches": "A pattern that can never match",
  "not-a-table": "The file is no table of keys",
  "removed-key": "A key of a former version",
  renamed: "A file with a name of a former version",
  "reserved-name": "A name that cannot be used",
  shadowed: "A file beside one in another format",
  syntax: "The file does not parse",
  type: "A value of the wrong type",
  "undefined-variable": "A variable that the host does not have",
  "unknown-key": "A key that nothing reads",
  "unknown-preset": "A preset that does not exist",
  unreadable: "The file cannot be read",
  value: "A value that is not allowed",
};
