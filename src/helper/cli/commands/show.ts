import { Command } from "commander";
import { configuredParts } from "#core/config/configured.ts";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { readConfig } from "#helper/config/read.ts";
import { currentStatus } from "#helper/sandbox/currentStatus.ts";
import { exists } from "#helper/sandbox/files.ts";
import { ownProject } from "#helper/sandbox/project.ts";
import type { Show } from "#shared/protocol/show.ts";
import { CliError } from "../errors.ts";
import { printResult, say } from "../output.ts";
import { statusText } from "../statusText.ts";
import { palette } from "../style.ts";

export function showCommand(): Command {
  return new Command("show")
    .description("Show the sandbox of the current directory, running or not.")
    .option("--json", "print the whole status as JSON")
    .option("-q, --quiet", "print no status lines")
    .action((options: { json?: boolean }) => show(options.json ?? false));
}

async function show(json: boolean): Promise<void> {
  const project = ownProject();
  const { config, diagnostics, hasProjectFile } = await readConfig(project.dir);
  for (const diagnostic of diagnostics) say(formatDiagnostic(diagnostic));
  const hasSandbox = await exists(project.sandboxDir);
  if (!hasSandbox && config === undefined) {
    throw new CliError("config", "Config error: the sandbox's details cannot be loaded.", {
      exitCode: 1,
    });
  }
  const status = await currentStatus(project, hasProjectFile ? config : undefined);
  if (status === undefined || (!hasSandbox && !json)) {
    throw new CliError("no-sandbox", `No sandbox for ${project.dir}.`, {
      exitCode: 1,
      hint: "Run `airlock start` first.",
    });
  }
  const configured = config === undefined ? null : configuredParts(config);
  const shown: Show = { ...status, sandboxDir: project.sandboxDir, configured };
  const text = json
    ? `${JSON.stringify(shown, undefined, 2)}\n`
    : statusText(shown, Date.now(), palette(process.stdout));
  await printResult(text);
}
