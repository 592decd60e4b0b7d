import { Command } from "commander";
import { type Fact, machineFacts } from "#helper/machine/facts.ts";
import { findProgram } from "#helper/machine/program.ts";
import { currentDirectory } from "#helper/sandbox/project.ts";
import { version } from "#shared/version.ts";
import { printResult } from "../output.ts";
import { type Palette, palette } from "../style.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Check what this computer has for running sandboxes. Fails when one cannot run.")
    .option("--json", "print the findings as JSON")
    .option("-q, --quiet", "print no status lines")
    .action(async (options: { json?: boolean }) => {
      // No program could be run in a directory that is gone.
      currentDirectory();
      const facts = [
        programFact(),
        ...(await Promise.all([lockFact()])),
        ...(await machineFacts()),
      ];
      const json = () => `${JSON.stringify({ version, facts }, undefined, 2)}\n`;
      await printResult(options.json ? json() : factsText(facts, palette(process.stdout)));
      process.exitCode = facts.some(({ ok }) => ok === "error") ? 1 : 0;
    });
}

function programFact(): Fact {
  const detail = `${version}, on Node ${process.versions.node} (${process.platform} ${process.arch})`;
  return { id: "airlock", title: "Airlock", ok: "ok", detail };
}

/** Linux only: elsewhere the lock needs no program. */
async function lockFact(): Promise<Fact> {
  const fact = { id: "lock", title: "State lock" };
  if (process.platform !== "linux") return { ...fact, ok: "ok", detail: "built in" };
  const path = await findProgram("flock");
  if (path !== undefined) return { ...fact, ok: "ok", detail: `flock (${path})` };
  const detail = "The program flock was not found; sandboxes cannot be started.";
  return { ...fact, ok: "error", detail, fix: "Install the package util-linux." };
}

export function factsText(facts: readonly Fact[], colour: Palette): string {
  const marks = {
    ok: colour.good("ok     "),
    warning: colour.caution("warning"),
    error: colour.bad("error  "),
  };
  const width = Math.max(...facts.map(({ title }) => title.length));
  const lines = facts.flatMap(({ ok, title, detail, fix }) => {
    const line = `${marks[ok]}  ${title.padEnd(width)}  ${detail}`;
    return fix === undefined ? [line] : [line, `${" ".repeat(width + 11)}${fix}`];
  });
  return `${lines.join("\n")}\n`;
}
