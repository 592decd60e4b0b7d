import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { forStart } from "#core/config/checks/variables.ts";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import type { Provenance } from "#core/config/provenance/provenance.ts";
import type { Config } from "#core/config/schema.ts";
import { readConfig } from "#helper/config/read.ts";
import { settingsNotActive } from "#helper/config/settings.ts";
import { startProblems } from "#helper/config/startProblems.ts";
import { exists } from "#helper/sandbox/files.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { CliError } from "../errors.ts";
import { choose, isInteractive } from "../prompt.ts";
import type { StartOptions } from "./options.ts";
import type { Reporter } from "./reporter.ts";

export type LoadedConfig = {
  config: Config;
  provenance: Provenance;
  /** Key paths of configured features that do not exist yet. */
  notActive: string[];
};

const template = `# The sandbox of this project: \`airlock start\` runs it.
[vm]
image = "embedded:base"
`;

/** Reads the project's configuration, offering to write one first; all problems are told at once. */
export async function loadStartConfig(
  project: Project,
  options: Pick<StartOptions, "yes" | "json">,
  reporter: Reporter,
): Promise<LoadedConfig | "aborted"> {
  let result = await readConfig(project.dir);
  if (!result.hasProjectFile) {
    if (!(await offerConfig(project, options, reporter))) return "aborted";
    result = await readConfig(project.dir);
  }
  const { config, provenance } = result;
  const diagnostics = result.diagnostics.map(forStart);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (config === undefined) throw configError(errors.map(formatDiagnostic));
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity === "warning") {
      reporter.notice("warning", formatDiagnostic(diagnostic));
    }
  }
  for (const { keyPath, path, range } of [...result.notActive, ...(await settingsNotActive())]) {
    const { line, column } = range.start;
    reporter.notice("warning", `${path}:${line}:${column}: ${keyPath} is not active yet`);
  }
  errors.push(...(await startProblems(project, { config, provenance })));
  if (errors.length > 0) throw configError(errors.map(formatDiagnostic), hostExitCode);
  return { config, provenance, notActive: result.notActive.map(({ keyPath }) => keyPath) };
}

/** The files are good, but this computer cannot follow them. */
const hostExitCode = 1;

export function configError(lines: readonly string[], exitCode = 2): CliError {
  return new CliError("config", `Config error:\n${lines.join("\n")}`, { exitCode });
}

/** User-wide files do not count: a directory becomes a project by a file of its own. */
async function offerConfig(
  { dir }: Project,
  { yes, json }: Pick<StartOptions, "yes" | "json">,
  reporter: Reporter,
): Promise<boolean> {
  const missing = `No airlock.toml found in ${dir}.`;
  if (!yes && (json || !isInteractive())) {
    throw new CliError("no-config", missing, {
      exitCode: 2,
      hint: "Create one (an empty file is enough), or have `airlock start --yes` create it.",
    });
  }
  reporter.clear();
  if (!yes && !(await agreesToCreate(missing))) return false;
  const path = join(dir, "airlock.toml");
  if (!(await exists(path))) await writeFile(path, template, { flag: "wx" });
  reporter.notice("info", `Created ${path}.`);
  return true;
}

async function agreesToCreate(missing: string): Promise<boolean> {
  const answer = await choose(`${missing} Create it?`, {
    choices: ["create", "cancel"],
    preselected: "create",
  });
  return answer === "create";
}
