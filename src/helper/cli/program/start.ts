// A bundle of its own: most of what the other commands need has no part in a start. What is imported here is
// loaded before the supervisor is on its way, so it is no more than that takes.
import { type FutureSupervisor, futureSupervisor } from "#helper/sandbox/launch.ts";
import { currentProject } from "#helper/sandbox/project.ts";
import type { Entry } from "./run.ts";

export const startEntry = entry(futureSupervisor);

/** `airlock start …` with the words after `start`. */
export async function runStart(words: readonly string[]): Promise<void> {
  const ahead = await beginAhead(words);
  const { perform, run } = await import("./run.ts");
  await run(() => perform(ahead === undefined ? startEntry : entry(() => ahead), words));
}

function entry(supervisorOf: typeof futureSupervisor): Entry {
  return {
    name: "start",
    summary: "start the sandbox of the current directory and run a command in it",
    load: async (invocation) =>
      (await import("../commands/start.ts")).startCommand(invocation, supervisorOf),
  };
}

/**
 * Lets the supervisor load its program while this process loads its own. One that is not needed after all
 * ends by itself.
 */
async function beginAhead(words: readonly string[]): Promise<FutureSupervisor | undefined> {
  if (words.includes("--help") || words.includes("-h")) return undefined;
  try {
    const supervisor = futureSupervisor(currentProject());
    await supervisor.begin();
    return supervisor;
  } catch {
    // Told when the command runs.
    return undefined;
  }
}
