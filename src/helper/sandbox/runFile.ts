import { readOwn } from "#helper/ownFile.ts";
import type { Project } from "./project.ts";

/** Far more than any of ours has: a guest that reaches the file must not fill our memory. */
const longestBytes = 4 * 2 ** 20;

/** What is in `run.json`, unchecked; throws when that is missing or no JSON. */
export function readRunFile({ runFile }: Project): unknown {
  return JSON.parse(readOwn(runFile, longestBytes));
}
