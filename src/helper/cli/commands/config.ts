import { Command } from "commander";
import { stringify } from "smol-toml";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { readConfig } from "#helper/config/read.ts";
import { printResult } from "../output.ts";

/** `airlock config`: what the configuration files amount to, all defaults filled in. */
export function configCommand(): Command {
  return new Command("config")
    .description(
      "Print the effective configuration of the current directory: all files and presets merged, defaults filled in.",
    )
    .option("--json", "print JSON instead of TOML")
    .option("-q, --quiet", "print no status lines")
    .action(printConfig);
}

async function printConfig({ json }: { json?: boolean }): Promise<void> {
  const { config, diagnostics } = await readConfig(process.cwd());
  for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  if (config === undefined) {
    process.exitCode = 2;
    return;
  }
  await printResult(json ? `${JSON.stringify(config, undefined, 2)}\n` : stringify(config));
}
