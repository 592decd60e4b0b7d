import { Command, Option } from "commander";
import { approveConfig } from "../config/approve.ts";
import { type CheckFormat, checkConfig, checkFormats } from "../config/check.ts";
import { printConfig } from "../config/print.ts";

/** `airlock config`: what the configuration files amount to, all defaults filled in. */
export function configCommand(): Command {
  const command = new Command("config")
    .description(
      "Print the effective configuration of the current directory: all files and presets merged, defaults filled in.",
    )
    .option("--origins", "say for each value where it comes from and what it goes over")
    .addOption(
      new Option(
        "--explain <key>",
        "tell the whole story of one key, such as vm.memory: its meaning, its default, and what each file says",
      ).conflicts("origins"),
    )
    .option("--json", "print JSON instead of TOML or text")
    .option("-q, --quiet", "print no status lines")
    // Options behind a sub-command are its own, also where both have one of the name.
    .enablePositionalOptions()
    .action(printConfig);
  addCheck(command);
  addApprove(command);
  return command;
}

function addCheck(parent: Command): void {
  parent
    .command("check")
    .description(
      "Find what is wrong with the configuration; the exit code is 2 when it has errors.",
    )
    .addOption(
      new Option("--format <format>", "how problems are printed")
        .choices(checkFormats)
        .default("text" satisfies CheckFormat),
    )
    .option("--strict", "let warnings count as errors")
    .option("--no-host", "leave out what depends on this computer: CPUs, memory, variables, files")
    .option("-q, --quiet", "print no status lines")
    .action(checkConfig);
}

function addApprove(parent: Command): void {
  parent
    .command("approve")
    .description(
      "Approve what of the configuration reaches beyond the sandbox, without starting it.",
    )
    .option("-y, --yes", "approve without a question")
    .option("--print", "only print what would be approved, with its digest")
    .option("--json", "only print what would be approved, as JSON")
    .option("--revoke", "forget what was approved for this project")
    .option("-q, --quiet", "print no status lines")
    .action(approveConfig);
}
