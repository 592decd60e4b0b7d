import { outputStreams } from "#helper/compilers.ts";
import { AirlockError } from "#shared/errors.ts";
import { printable } from "#shared/printable.ts";
import { palette } from "./style.ts";

const [, stderr] = outputStreams();
const colour = palette(stderr);

/** A line for people, on the standard error so that results stay clean. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What went wrong, then how to mend it. */
export function printError(error: unknown): void {
  const expected = error instanceof AirlockError;
  say(`${colour.bad("error:")} ${printable(expected ? error.message : unexpected(error))}`);
  if (expected && error.hint !== undefined) say(`       ${printable(error.hint)}`);
}

/** An error nobody foresaw is shown with its causes, because they are all we have. */
function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${unexpected(error.cause)}`;
  return `${error.message}${cause}`;
}

/** Writes a result to the standard output and waits until it has left this process. */
export function printResult(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
