import * as z from "zod";
import {
  type EventDescriptor,
  panelMessageSchema,
  type RequestDescriptor,
} from "#shared/protocol/panel.ts";

// The page's policy forbids the code generation that zod would use to be faster.
z.config({ jitless: true });

type VsCodeApi = { postMessage(message: unknown): void; setState(state: unknown): void };
declare function acquireVsCodeApi(): VsCodeApi;

type Waiting = { settle: (result: unknown) => void; fail: (error: Error) => void };

const vscode = acquireVsCodeApi();
const waiting = new Map<number, Waiting>();
const listeners = new Map<string, (params: unknown) => void>();
let lastId = 0;

/** Asks the extension; rejects when it says no, says nonsense or says nothing in time. */
export function ask<Params, Result>(
  request: RequestDescriptor<Params, Result>,
  params: Params,
): Promise<Result> {
  lastId += 1;
  const id = lastId;
  return new Promise<Result>((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(id);
      reject(new Error(`VS Code did not answer within ${request.timeoutMs / 1000} s.`));
    }, request.timeoutMs);
    const end = () => {
      waiting.delete(id);
      clearTimeout(timer);
    };
    waiting.set(id, {
      settle: (result) => {
        end();
        const parsed = request.result.safeParse(result);
        if (parsed.success) resolve(parsed.data);
        else reject(parsed.error);
      },
      fail: (error) => {
        end();
        reject(error);
      },
    });
    vscode.postMessage({ type: "request", id, name: request.name, params });
  });
}

/** Calls `run` for every event of the kind; what does not parse is dropped. */
export function listen<Params>(
  event: EventDescriptor<Params>,
  run: (params: Params) => void,
): void {
  listeners.set(event.name, (params) => {
    const parsed = event.params.safeParse(params);
    if (parsed.success) run(parsed.data);
    else console.error(`${event.name}: ${parsed.error.message}`);
  });
}

/** Keeps what VS Code hands back when it restores the panel. */
export function remember(memory: unknown): void {
  vscode.setState(memory);
}

window.addEventListener("message", ({ data }) => {
  const message = panelMessageSchema.safeParse(data).data;
  if (message === undefined) return;
  if (message.type === "event") listeners.get(message.name)?.(message.params);
  else if (message.type === "result") waiting.get(message.id)?.settle(message.result);
  else waiting.get(message.id)?.fail(new Error(message.message));
});
