import { progressDetails } from "#shared/progressText.ts";
import {
  type SandboxStatus,
  type StartEvent,
  sandboxStatusSchema,
  startEventSchema,
} from "#shared/protocol/status.ts";
import { type Failure, isQuestion, type SandboxEvent } from "./state.ts";

/** One line of `airlock start --json`, or undefined for a line that is none. */
export function parseStartEvent(line: string): StartEvent | undefined {
  return startEventSchema.safeParse(parseJson(line)).data;
}

/** What `airlock show --json` printed, or undefined when that is no status. */
export function parseStatus(text: string): SandboxStatus | undefined {
  return sandboxStatusSchema.safeParse(parseJson(text)).data;
}

/** What a start event means for the state; notices mean nothing for it. */
export function stateEventOf(event: StartEvent): SandboxEvent | undefined {
  switch (event.event) {
    case "progress":
      return { type: "progress", progress: progressOf(event) };
    case "ready":
      return { type: "reported", status: event.status };
    case "error":
      if (event.code === "cancelled" || isQuestion(event)) return { type: "cancelled" };
      return { type: "failed", failure: failureIn(event) };
    case "notice":
    case "exited":
      return undefined;
  }
}

/** The failure of a start that ended without saying how. */
export function silentFailure(exitCode: number | null, stderr: string): Failure {
  const lines = stderr.trim().split("\n");
  const said = lines.slice(-3).join("\n");
  return {
    code: "front-ended",
    message: said || `airlock start ended with exit code ${exitCode ?? "unknown"}.`,
    hint: null,
  };
}

function progressOf(event: Extract<StartEvent, { event: "progress" }>) {
  const { phase, text, doneBytes, totalBytes } = event;
  const known = doneBytes !== null && totalBytes !== null && totalBytes > 0;
  const details = progressDetails(event);
  const amount = known ? { doneBytes, totalBytes } : null;
  return { phase, text, amount, ...(details !== "" && { details }) };
}

/** The failure that an error event tells. */
export function failureIn(event: Extract<StartEvent, { event: "error" }>): Failure {
  const { code, message, hint, approval, signIn } = event;
  return { code, message, hint, ...(approval && { approval }), ...(signIn && { signIn }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON matches no schema, and a library's stray print must not break a start.
    return undefined;
  }
}
