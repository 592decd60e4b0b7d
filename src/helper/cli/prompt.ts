import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

export type Question<Choice extends string> = {
  choices: readonly [Choice, ...Choice[]];
  /** What an empty answer means. */
  preselected: Choice;
  /** Takes the question back, as if there was no answer. */
  signal?: AbortSignal;
};

export function isInteractive(): boolean {
  return process.stdin.isTTY === true;
}

/**
 * Asks on the terminal, on the standard error; the first letters of a choice suffice. Undefined
 * when there is no terminal, or the input ends.
 */
export async function choose<Choice extends string>(
  text: string,
  { choices, preselected, signal }: Question<Choice>,
): Promise<Choice | undefined> {
  if (!isInteractive()) return undefined;
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  const list = choices.map((choice) => (choice === preselected ? choice.toUpperCase() : choice));
  // Ctrl-C and Ctrl-D both mean that there is no answer.
  const ended = new Promise<undefined>((resolve) =>
    readline.once("close", () => resolve(undefined)),
  );
  const close = () => readline.close();
  signal?.addEventListener("abort", close, { once: true });
  try {
    for (;;) {
      const answer = await Promise.race([readline.question(`${text} [${list.join("/")}] `), ended]);
      if (answer === undefined) return undefined;
      const word = answer.trim().toLowerCase();
      if (word === "") return preselected;
      const meant = choices.filter((choice) => choice.startsWith(word));
      if (meant.length === 1) return meant[0];
    }
  } finally {
    signal?.removeEventListener("abort", close);
    readline.close();
  }
}

/**
 * Asks for a line on the terminal, on the standard error; what is typed as a secret does not appear.
 * Undefined when there is no terminal, the input ends, or the line is empty.
 */
export async function ask(
  text: string,
  { secret, signal }: { secret: boolean; signal?: AbortSignal },
): Promise<string | undefined> {
  if (!isInteractive()) return undefined;
  // With its own prompt on a terminal, readline draws what is typed; then it draws to nowhere.
  const output = secret ? new Writable({ write: (_chunk, _, done) => done() }) : process.stderr;
  const readline = createInterface({ input: process.stdin, output, terminal: true });
  const ended = new Promise<undefined>((resolve) =>
    readline.once("close", () => resolve(undefined)),
  );
  const close = () => readline.close();
  signal?.addEventListener("abort", close, { once: true });
  if (secret) process.stderr.write(text);
  try {
    const answer = await Promise.race([readline.question(secret ? "" : text), ended]);
    return answer === "" ? undefined : answer;
  } finally {
    signal?.removeEventListener("abort", close);
    readline.close();
    if (secret) process.stderr.write("\n");
  }
}
