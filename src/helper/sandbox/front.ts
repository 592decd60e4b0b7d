// What a supervisor and the process that began it, its front process, say to each other: a line of JSON each,
// over a descriptor that the one gave the other. Both are always of the same build.
import type { Readable } from "node:stream";
import type { BoardEvent } from "./supervisor/board.ts";

/** The descriptor in the supervisor. */
export const frontDescriptor = 3;

export type FrontNote =
  /** The first one: clients can connect to the sandbox's socket, … */
  | { kind: "listening" }
  /** … or it does not run the sandbox, and why. */
  | { kind: "refused"; code: string; message: string }
  /** All others: what is known of the sandbox, and what becomes of it. */
  | BoardEvent;

export type FrontDemand = {
  kind: "stop";
  /** Time of guest processes between TERM and KILL; the supervisor has a default. */
  graceMs?: number;
};

export function frontLine(said: FrontNote | FrontDemand): string {
  return `${JSON.stringify(said)}\n`;
}

/** What the other one says, until it has gone. */
export async function* frontLines<Said extends FrontNote | FrontDemand>(
  stream: Readable,
): AsyncGenerator<Said> {
  stream.setEncoding("utf8");
  let rest = "";
  for await (const chunk of stream) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}
