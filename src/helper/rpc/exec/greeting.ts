import { envelope, lastFlag } from "./envelopes.ts";

/**
 * What a client says instead of HTTP/2's preface when it wants to run a process: behind it come the bodies of
 * one call of AgentService/Exec, in both directions. Loading HTTP/2 took a third of a short command's CPU time.
 */
export const greeting = Buffer.from("airlock-exec/1\n");

/** The same from the process that starts the sandbox: its command waits for the guest. As long as the other. */
export const waitingGreeting = Buffer.from("airlock-wait/1\n");

/** The end of an answer that says why the guest was not asked: https://connectrpc.com/docs/protocol#error-end-stream. */
export function refusal(code: string, message: string): Buffer {
  return envelope(Buffer.from(JSON.stringify({ error: { code, message } })), lastFlag);
}
