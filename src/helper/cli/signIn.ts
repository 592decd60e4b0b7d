import { text } from "node:stream/consumers";
import type { SignIn, SignInQuestion } from "#helper/image/signIn.ts";
import { printable } from "#shared/printable.ts";
import { credentialsSchema, type RegistryCredentials } from "#shared/protocol/status.ts";
import { interrupted, SignInRequiredError, usageError } from "./errors.ts";
import { say } from "./output.ts";
import { ask, choose, isInteractive } from "./prompt.ts";

export type SignInConduct = {
  /** Whether people can be asked: a program that reads JSON is none. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Takes the progress line away. */
  readonly clear: () => void;
  /** What came over the standard input. */
  readonly given: RegistryCredentials | undefined;
};

/** Answers a registry's demand: with what was given, else by asking on the terminal. */
export function answerSignIn({ json, signal, clear, given }: SignInConduct) {
  let left = given;
  return async (question: SignInQuestion): Promise<SignIn> => {
    const first = left;
    left = undefined;
    if (first !== undefined && (first.host === undefined || first.host === question.host)) {
      return first;
    }
    clear();
    const { keeper: _, ...request } = question;
    if (json || !isInteractive()) throw new SignInRequiredError(request);
    return await askForSignIn(question, signal);
  };
}

async function askForSignIn(question: SignInQuestion, signal: AbortSignal): Promise<SignIn> {
  const { host, image, reason, isRefusal, isPlain, keeper } = question;
  const refused = `${reason}. Try again, or give up with Ctrl-C.`;
  say(printable(isRefusal ? refused : `${image}: ${reason}.`));
  if (isPlain) say(`What you type is sent to ${host} unencrypted.`);
  const username = await ask(`User name for ${host}: `, { secret: false, signal });
  if (username === undefined) throw interrupted();
  const password = await ask(`Password of ${username} for ${host}: `, { secret: true, signal });
  if (password === undefined) throw interrupted();
  const keep = keeper !== undefined && (await mayKeep(host, keeper, signal));
  return { username, password, keep };
}

async function mayKeep(host: string, keeper: string, signal: AbortSignal): Promise<boolean> {
  const text = `Have Docker's credential helper ${keeper} keep the sign-in to ${host}?`;
  const answer = await choose(text, { choices: ["yes", "no"], preselected: "no", signal });
  if (answer === undefined) throw interrupted();
  return answer === "yes";
}

const maxInputCharacters = 64 << 10;

/** Reads the sign-in that a program sends over the standard input. */
export async function readCredentials(): Promise<RegistryCredentials> {
  const input = await text(process.stdin);
  const parsed = credentialsSchema.safeParse(
    input.length > maxInputCharacters ? undefined : parseJson(input),
  );
  // The details could show parts of what is secret.
  if (parsed.success) return parsed.data;
  throw usageError(
    "The standard input is no sign-in.",
    'Write {"username": "…", "password": "…"} to it, and perhaps "host".',
  );
}

function parseJson(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return undefined;
  }
}
