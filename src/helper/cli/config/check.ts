import { isAbsolute, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { forStart } from "#core/config/checks/variables.ts";
import { formatDiagnostic, sortDiagnostics } from "#core/config/diagnostics.ts";
import { sarifLog } from "#core/config/report/sarif.ts";
import type { Diagnostic } from "#core/config/types.ts";
import { readConfig } from "#helper/config/read.ts";
import { startProblems } from "#helper/config/startProblems.ts";
import { currentProject, type Project } from "#helper/sandbox/project.ts";
import { version } from "#shared/version.ts";
import { printResult, say } from "../output.ts";

export const checkFormats = ["text", "json", "sarif"] as const;
export type CheckFormat = (typeof checkFormats)[number];

export type CheckFlags = {
  format: CheckFormat;
  strict?: boolean;
  /** False leaves out what depends on this computer. */
  host: boolean;
  quiet?: boolean;
};

const problemsExitCode = 2;

/** `airlock config check`: everything that can be known to be wrong before a start. */
export async function checkConfig(flags: CheckFlags): Promise<void> {
  const project = currentProject();
  const { dir } = project;
  const diagnostics = await (flags.host ? allDiagnostics(project) : fileDiagnostics(project));
  await printResult(formatters[flags.format](diagnostics, dir));
  const counts = count(diagnostics);
  if (flags.format === "text" && !flags.quiet) say(summary(counts));
  const failed = counts.error > 0 || (flags.strict === true && counts.warning > 0);
  if (failed) process.exitCode = problemsExitCode;
}

/** What a start would say. */
async function allDiagnostics(project: Project): Promise<Diagnostic[]> {
  const { config, provenance, sources, diagnostics } = await readConfig(project.dir);
  const problems = config === undefined ? [] : await startProblems(project, { config, provenance });
  const paths = sources.map(({ path }) => path);
  return sortDiagnostics([...diagnostics.map(forStart), ...problems], paths);
}

async function fileDiagnostics({ dir }: Project): Promise<Diagnostic[]> {
  const { diagnostics } = await readConfig(dir);
  return diagnostics.filter(({ code }) => code !== "host" && code !== "undefined-variable");
}

type Formatter = (diagnostics: readonly Diagnostic[], projectDir: string) => string;

const formatters: Readonly<Record<CheckFormat, Formatter>> = {
  text: (diagnostics) => diagnostics.map((each) => `${formatDiagnostic(each)}\n`).join(""),
  json: (diagnostics) => json({ diagnostics, counts: count(diagnostics) }),
  sarif: (diagnostics, projectDir) =>
    json(
      sarifLog(diagnostics, {
        version,
        rootUri: `${pathToFileURL(projectDir).href}/`,
        uriOf: (path) => uriOf(path, projectDir),
      }),
    ),
};

function uriOf(path: string, projectDir: string) {
  // A built-in preset is no file; its name is a URI as it is.
  if (!isAbsolute(path)) return { uri: path, isRelative: false };
  if (!path.startsWith(projectDir + sep)) {
    return { uri: pathToFileURL(path).href, isRelative: false };
  }
  const segments = relative(projectDir, path).split(sep);
  return { uri: segments.map(encodeURIComponent).join("/"), isRelative: true };
}

type Counts = Record<Diagnostic["severity"], number>;

function count(diagnostics: readonly Diagnostic[]): Counts {
  const counts: Counts = { error: 0, warning: 0 };
  for (const { severity } of diagnostics) counts[severity]++;
  return counts;
}

function summary({ error, warning }: Counts): string {
  if (error + warning === 0) return "The configuration is good.";
  return `${plural(error, "error")}, ${plural(warning, "warning")}.`;
}

function plural(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
