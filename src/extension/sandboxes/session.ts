import { setTimeout as sleep } from "node:timers/promises";
import type { SuspendResponse, Usage } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { Logger } from "#shared/log.ts";
import type { StartEvent } from "#shared/protocol/status.ts";
import type { Disposable } from "../services/disposables.ts";
import { Emitter } from "../services/emitter.ts";
import { type Program, type StartOptions, showCall, startCall } from "../services/program.ts";
import {
  type Failure,
  initialState,
  isActive,
  isQuestion,
  nextState,
  type SandboxEvent,
  type SandboxState,
} from "./state.ts";

export type SessionOptions = {
  /** Path of the workspace folder on this machine. */
  folder: string;
  program: Program;
  logger: Logger;
};

export type StartRequest = StartOptions & {
  signal: AbortSignal;
  onNotice: (notice: Extract<StartEvent, { event: "notice" }>) => void;
};

export type StartOutcome =
  | { kind: "ready" }
  | { kind: "cancelled" }
  | { kind: "failed"; failure: Failure };

const cancelGraceMs = 10_000;
const stopTimeoutMs = 60_000;
/** Memory of many gigabytes on a slow disk takes long. */
const suspendTimeoutMs = 600_000;
const showTimeoutMs = 20_000;
/** A link that lived this long was sound, so its end does not count as one failure more. */
const steadyMs = 5_000;
/** Waits between attempts to reach a supervisor that ought to be there. */
const retryDelaysMs = [50, 150, 400, 1_000, 3_000];

/**
 * One workspace folder's sandbox as this window sees it: mirrors its supervisor while there is one, and
 * asks for starts and stops. Nothing of the sandbox lives here, so losing a session loses nothing.
 */
export class SandboxSession implements Disposable {
  readonly #options: SessionOptions;
  readonly #changes = new Emitter<SandboxState>();
  readonly #end = new AbortController();
  #state: SandboxState = initialState;
  #front: Front | undefined;
  #following: Promise<boolean> | undefined;

  readonly onDidChange = this.#changes.event;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get folder(): string {
    return this.#options.folder;
  }

  get state(): SandboxState {
    return this.#state;
  }

  /** Ends the mirroring; the sandbox goes on. */
  dispose(): void {
    this.#end.abort();
  }

  /**
   * Starts the sandbox and mirrors it; never throws for what a start can do. A start or stop that is on
   * its way, in this window or elsewhere, is waited for.
   */
  async start(request: StartRequest): Promise<StartOutcome> {
    while (this.#isBusy && !request.signal.aborted) await this.#step(request.signal);
    if (request.signal.aborted) return { kind: "cancelled" };
    if (isActive(this.#state)) return { kind: "ready" };
    const cancel = new AbortController();
    const signal = AbortSignal.any([request.signal, cancel.signal]);
    this.#dispatch({ type: "startAsked" });
    const outcome = this.#runFront({ ...request, signal }).then((end) => this.#settle(end));
    const front = { cancel, ended: outcome.then(ignore, ignore) };
    this.#front = front;
    try {
      return await outcome;
    } finally {
      if (this.#front === front) this.#front = undefined;
    }
  }

  /**
   * Stops the sandbox and resolves when nothing of it is left; cancels a start of this window. `force`
   * skips the guest's orderly shutdown.
   */
  async stop({ force = false } = {}): Promise<void> {
    this.#dispatch({ type: "stopAsked" });
    this.#front?.cancel.abort();
    const { withSupervisor } = await import("./connection.ts");
    await withSupervisor(this.folder, (client) =>
      client.stop({ force }, { timeoutMs: stopTimeoutMs }),
    );
    // What it still has to say must not be taken for the word of a later start.
    await this.#front?.ended;
    await this.#following;
    this.#dispatch({ type: "gone" });
  }

  /**
   * Suspends the sandbox and resolves when nothing of it runs, or with what is in the way; undefined
   * when nothing ran.
   */
  async suspend(request: { endSessions: boolean }): Promise<SuspendResponse | undefined> {
    const { withSupervisor } = await import("./connection.ts");
    return await withSupervisor(this.folder, (client) =>
      client.suspend(request, { timeoutMs: suspendTimeoutMs }),
    );
  }

  /** Mirrors a running supervisor; answers whether one was found. Calling it again costs nothing. */
  attach(attempts = 1): Promise<boolean> {
    this.#following ??= this.#follow(attempts).finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  /** Reads what is known of a sandbox that does not run. */
  async inspect(): Promise<void> {
    if (isActive(this.#state)) return;
    const [{ runProgram }, { parseStatus }] = await Promise.all([
      import("../services/run.ts"),
      import("./startEvents.ts"),
    ]);
    const call = showCall(this.#options.program, this.folder);
    const { exitCode, stdout, stderr } = await runProgram(call, showTimeoutMs);
    if (exitCode !== 0) this.#options.logger.debug(`show: ${stderr.trim()}`);
    this.#dispatch({ type: "inspected", status: parseStatus(stdout) ?? null });
  }

  /** Hands over the load of the running sandbox until the signal, the sandbox or the session ends. */
  async followUsage(
    intervalMs: number,
    signal: AbortSignal,
    onUsage: (usage: Usage) => void,
  ): Promise<void> {
    const { withSupervisor } = await import("./connection.ts");
    const ends = AbortSignal.any([signal, this.#end.signal]);
    await withSupervisor(this.folder, async (client) => {
      for await (const { event } of client.watch(
        { usageIntervalMs: intervalMs },
        { signal: ends },
      )) {
        if (event.case === "usage") onUsage(event.value);
      }
    }).catch((error: unknown) => this.#options.logger.debug(`usage: ${error}`));
  }

  #dispatch(event: SandboxEvent): void {
    const before = this.#state;
    this.#state = nextState(before, event);
    if (this.#state === before) return;
    if (this.#state.kind !== before.kind) {
      this.#options.logger.info(`${this.folder}: ${before.kind} → ${this.#state.kind}`);
    }
    this.#changes.emit(this.#state);
  }

  /** Whether a start or a stop is on its way; a front still does something after its last word. */
  get #isBusy(): boolean {
    return this.#front !== undefined || isMoving(this.#state);
  }

  /** Resolves at the next change, at the end of the front, or at the signal. */
  #step(signal: AbortSignal): Promise<void> {
    const change = this.#change(signal);
    return this.#front === undefined ? change : Promise.race([this.#front.ended, change]);
  }

  /** Resolves at the next change, or at the signal. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        listener.dispose();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const listener = this.onDidChange(end);
      signal.addEventListener("abort", end);
    });
  }

  async #runFront(request: StartRequest): Promise<StartOutcome> {
    const [{ runLines }, { failureIn, parseStartEvent, silentFailure, stateEventOf }] =
      await Promise.all([import("../services/run.ts"), import("./startEvents.ts")]);
    let outcome: StartOutcome | undefined;
    const finished = await runLines(startCall(this.#options.program, this.folder, request), {
      signal: request.signal,
      graceMs: cancelGraceMs,
      onLine: (line) => {
        const event = parseStartEvent(line);
        if (event === undefined) return this.#options.logger.warn(`start said: ${line}`);
        if (event.event === "notice") request.onNotice(event);
        outcome = outcomeOf(event, failureIn) ?? outcome;
        const change = stateEventOf(event);
        if (change !== undefined) this.#dispatch(change);
      },
    });
    if (finished.stderr !== "") this.#options.logger.info(`start: ${finished.stderr.trim()}`);
    if (outcome?.kind === "ready") return outcome;
    if (request.signal.aborted) return { kind: "cancelled" };
    return (
      outcome ?? { kind: "failed", failure: silentFailure(finished.exitCode, finished.stderr) }
    );
  }

  /** Brings the state in line with how the front ended. */
  async #settle(outcome: StartOutcome): Promise<StartOutcome> {
    if (outcome.kind === "ready") {
      void this.attach(retryDelaysMs.length);
      return outcome;
    }
    if (outcome.kind === "cancelled") {
      this.#dispatch({ type: "cancelled" });
      return outcome;
    }
    const { failure } = outcome;
    this.#dispatch(isQuestion(failure) ? { type: "cancelled" } : { type: "failed", failure });
    // Another window or terminal was faster: its sandbox is as good as ours.
    if (outcome.failure.code !== "running") return outcome;
    void this.attach(retryDelaysMs.length);
    return { kind: "ready" };
  }

  /** Follows the supervisor until it is gone, reconnecting with growing waits when the link breaks. */
  async #follow(attempts: number): Promise<boolean> {
    let found = false;
    for (let failures = 0; !this.#end.signal.aborted; ) {
      const since = performance.now();
      const result = await this.#followOnce();
      if (result === "ended") return true;
      if (result === "absent" && found) break;
      found ||= result === "lost";
      failures = performance.now() - since > steadyMs ? 1 : failures + 1;
      if (failures >= (found ? retryDelaysMs.length : attempts)) break;
      await sleep(retryDelaysMs[failures - 1], undefined, { ref: false });
    }
    if (!this.#end.signal.aborted) this.#dispatch({ type: "gone" });
    return found;
  }

  async #followOnce(): Promise<"absent" | "ended" | "lost"> {
    const { readWatchEvent, withSupervisor } = await import("./connection.ts");
    let ended = false;
    const { signal } = this.#end;
    try {
      const found = await withSupervisor(this.folder, async (client) => {
        for await (const message of client.watch({ window: true }, { signal })) {
          const event = readWatchEvent(message);
          if (event === undefined) continue;
          ended = event.type === "reported" && !isLive(event.status.status);
          this.#dispatch(event);
        }
        return true;
      });
      if (found === undefined) return "absent";
    } catch (error) {
      if (!signal.aborted) this.#options.logger.debug(`${this.folder}: link lost: ${error}`);
    }
    return ended || signal.aborted ? "ended" : "lost";
  }
}

/** A start of this window on its way: the process that reports it. */
type Front = { cancel: AbortController; ended: Promise<void> };

function ignore(): void {
  // Whoever has asked for the start is told how it ended.
}

type FailureReader = (event: Extract<StartEvent, { event: "error" }>) => Failure;

function outcomeOf(event: StartEvent, failureIn: FailureReader): StartOutcome | undefined {
  if (event.event === "ready") return { kind: "ready" };
  if (event.event !== "error") return undefined;
  if (event.code === "cancelled") return { kind: "cancelled" };
  return { kind: "failed", failure: failureIn(event) };
}

function isMoving({ kind }: SandboxState): boolean {
  return kind === "starting" || kind === "stopping";
}

function isLive(status: string): boolean {
  return !["stopped", "suspended", "failed"].includes(status);
}
