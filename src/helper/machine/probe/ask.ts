import { statSync } from "node:fs";
import { basename, join } from "node:path";
import * as z from "zod";
import { type ProgramCall, type ProgramOutput, runProgram } from "../program.ts";
import { memory } from "./memory.ts";

const asked = new Map<string, Promise<ProgramOutput>>();

/** More than any help or version text. */
const mostCharacters = 100_000;
const outputSchema = z.object({
  code: z.number(),
  stdout: z.string().max(mostCharacters),
  stderr: z.string().max(mostCharacters),
});

/**
 * What a program says about itself. The same file gives the same answer, so it is asked once, be it ahead of
 * time, and the answer is kept for later runs.
 */
export async function askProgram({ command, args }: ProgramCall): Promise<ProgramOutput> {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(command);
  const key = [command, ...args, dev, ino, size, mtimeMs, ctimeMs].join("\n");
  const answer = asked.get(key) ?? recallOrRun({ command, args }, key);
  asked.set(key, answer);
  // A program that could not be run just now may be asked again.
  if ((await answer).code === null) asked.delete(key);
  return await answer;
}

async function recallOrRun(call: ProgramCall, key: string): Promise<ProgramOutput> {
  const kept = memory(join("programs", basename(call.command)), outputSchema);
  const known = await kept.recall(key);
  if (known !== undefined) return known;
  const { code, stdout, stderr } = await runProgram(call, { timeoutMs: 5_000 });
  // What fails may do so for another reason than the file.
  if (code === 0) await kept.remember(key, { code, stdout, stderr });
  return { code, stdout, stderr };
}
