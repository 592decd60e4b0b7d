import { constants, createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { openOwn } from "#helper/ownFile.ts";
import { exists } from "#helper/sandbox/files.ts";
import { nearestProject, type Project } from "#helper/sandbox/project.ts";
import { printable } from "#shared/printable.ts";
import { CliError } from "../errors.ts";
import { printResult } from "../output.ts";

export function logsCommand(): Command {
  return new Command("logs")
    .description("Print the log of this directory's sandbox.")
    .option("-f, --follow", "keep printing what is appended, until interrupted")
    .option("-q, --quiet", "print no status lines")
    .action((options: { follow?: boolean }) => logs(options.follow ?? false));
}

async function logs(follow: boolean): Promise<void> {
  const project = nearestProject();
  if (!(await exists(project.logFile))) throw noLog(project);
  let offset = await printFrom(project.logFile, 0);
  while (follow) {
    await sleep(200);
    const size = (await lstat(project.logFile).catch(() => undefined))?.size ?? 0;
    // A new run trims the log: then it starts anew for us too.
    if (size < offset) offset = 0;
    if (size > offset) offset = await printFrom(project.logFile, offset);
  }
}

/** Prints what follows `offset` and returns where it ended. */
async function printFrom(path: string, offset: number): Promise<number> {
  const decoder = new StringDecoder();
  let end = offset;
  const fd = openOwn(path, constants.O_RDONLY);
  for await (const chunk of createReadStream(path, { fd, start: offset })) {
    end += chunk.length;
    // A pipe gets the file's bytes; a terminal must not obey what a guest or a checkout wrote there.
    await printResult(process.stdout.isTTY ? printable(decoder.write(chunk)) : chunk);
  }
  return end;
}

function noLog(project: Project): CliError {
  return new CliError("no-sandbox", `There is no log in ${project.dir}.`, {
    exitCode: 1,
    hint: "It is written once a sandbox was started here.",
  });
}
