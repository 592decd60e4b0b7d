import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type {
  SandboxService,
  SuspendResponseSchema,
  WatchEventSchema,
} from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { messageOf } from "../errors.ts";
import type { Board, BoardEvent } from "./board.ts";
import { EventQueue } from "./eventQueue.ts";
import type { UsageMeter } from "./usage.ts";

type WatchEventInit = MessageInitShape<typeof WatchEventSchema>;

export type StopDemand = {
  /** For the log: who wants it. */
  why: string;
  force: boolean;
  /** Time of guest processes between TERM and KILL. */
  graceMs: number;
  /** Whether a sandbox that was just being suspended shall not stay so. */
  discard?: boolean;
  /** Time before TERM, for processes that have just been hung up to end by themselves. */
  pauseMs?: number;
};

export type ServiceParts = {
  board: Board;
  usage: UsageMeter;
  /** Asks for the end; settles when nothing of the sandbox is left running. */
  stop: (demand: StopDemand) => Promise<void>;
  /** Saves the machine, or says what is in the way. */
  suspend: (demand: SuspendDemand) => Promise<SuspendAnswer>;
  /** Told when an editor window begins and ends to mirror the sandbox. */
  windowsChanged: (difference: 1 | -1) => void;
};

export type SuspendDemand = {
  /** For the log: who wants it. */
  why: string;
  /** Whether to end attached terminals and commands. */
  endSessions: boolean;
};

/** Suspended when there are neither sessions nor obstacles. */
export type SuspendAnswer = MessageInitShape<typeof SuspendResponseSchema>;

const ends: readonly SandboxStatus["status"][] = ["stopped", "suspended", "failed"];
const defaultGraceMs = 5_000;

export function sandboxService(parts: ServiceParts): ServiceImpl<typeof SandboxService> {
  return {
    async *watch(request, context) {
      if (request.window) parts.windowsChanged(1);
      const queue = new EventQueue<WatchEventInit>(({ event }) => event?.case);
      const unlisten = parts.board.listen((event) => deliver(queue, event));
      const unmeter = parts.usage.subscribe(request.usageIntervalMs, (usage) =>
        queue.push({ event: { case: "usage", value: usage } }),
      );
      context.signal.addEventListener("abort", () => queue.end(), { once: true });
      deliver(queue, { kind: "status", status: parts.board.status });
      try {
        yield* queue.drain();
      } finally {
        unlisten();
        unmeter();
        if (request.window) parts.windowsChanged(-1);
      }
    },
    async stop(request) {
      const graceMs = request.graceMs === 0 ? defaultGraceMs : request.graceMs;
      await parts.stop({ why: "asked to stop", force: request.force, graceMs, discard: true });
      return {};
    },
    async suspend({ endSessions }) {
      try {
        return await parts.suspend({ why: "asked to", endSessions });
      } catch (error) {
        // Loaded by now, as somebody has called; the supervisor's start must not wait for it.
        const { Code, ConnectError } = await import("@connectrpc/connect");
        throw new ConnectError(messageOf(error), Code.Aborted, undefined, undefined, error);
      }
    },
  };
}

function deliver(queue: EventQueue<WatchEventInit>, event: BoardEvent): void {
  if (event.kind === "progress") {
    const { phase, text, doneBytes, totalBytes } = event.progress;
    const value = { phase, text, doneBytes: BigInt(doneBytes), totalBytes: BigInt(totalBytes) };
    queue.push({ event: { case: "progress", value } });
    return;
  }
  const value = { statusJson: JSON.stringify(event.status) };
  queue.push({ event: { case: "state", value } });
  if (ends.includes(event.status.status)) queue.end();
}
