import type { Logger } from "#shared/log.ts";
import { messageOf } from "../errors.ts";
import type { SupervisorSpec } from "../spec.ts";
import type { SuspendAnswer } from "./service.ts";
import type { Usage, UsageMeter } from "./usage.ts";

export type AutoSuspendParts = {
  policy: SupervisorSpec["suspend"];
  usage: Pick<UsageMeter, "subscribe">;
  log: Logger;
  /** Suspends unless somebody is attached or something is in the way. */
  suspend: (why: string) => Promise<SuspendAnswer>;
  nowMs?: () => number;
};

/** A window that reloads is back before this. */
const windowGraceMs = 10_000;
/** Between attempts that found somebody attached or something in the way. */
const againMs = 60_000;
const longestLookMs = 30_000;
/** Looking is work for the guest too: more often, an emulated processor of a busy host is never idle. */
const shortestLookMs = 1_000;
/** Load of a CPU, in per cent, that an idle guest does not reach. */
const busyPercent = 10;

/** Lets a sandbox suspend itself when its windows are closed or it has had nothing to do. */
export class AutoSuspend {
  readonly #parts: AutoSuspendParts;
  #windows = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #lastBusyMs = 0;
  #lastRefusal = "";
  #unsubscribe: () => void = () => undefined;

  constructor(parts: AutoSuspendParts) {
    this.#parts = parts;
  }

  /** Begins to look for idleness. */
  start(): void {
    const idleMs = this.#parts.policy.idleMinutes * 60_000;
    if (idleMs <= 0) return;
    this.#lastBusyMs = this.#nowMs();
    const lookMs = Math.min(longestLookMs, Math.max(shortestLookMs, idleMs / 4));
    this.#unsubscribe = this.#parts.usage.subscribe(lookMs, (usage) => this.#look(usage, idleMs));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
  }

  windowsChanged(difference: 1 | -1): void {
    this.#windows += difference;
    this.#scheduleClose(windowGraceMs);
  }

  /** A window may have come back, or the sandbox have ended, while an attempt was under way. */
  #scheduleClose(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#windows > 0 || !this.#parts.policy.onWindowClose) return;
    this.#timer = setTimeout(() => {
      void this.#try("its last window was closed").then(() => this.#scheduleClose(againMs));
    }, delayMs);
    this.#timer.unref();
  }

  #look({ cpuPercent = [] }: Usage, idleMs: number): void {
    const nowMs = this.#nowMs();
    if (cpuPercent.some((percent) => percent > busyPercent)) this.#lastBusyMs = nowMs;
    if (nowMs - this.#lastBusyMs < idleMs) return;
    this.#lastBusyMs = nowMs;
    void this.#try(`it was idle for ${this.#parts.policy.idleMinutes} minutes`);
  }

  async #try(why: string): Promise<void> {
    try {
      this.#noteRefusal(refusal(await this.#parts.suspend(why)));
    } catch (error) {
      this.#noteRefusal(messageOf(error));
    }
  }

  #noteRefusal(reason: string): void {
    if (reason !== "" && reason !== this.#lastRefusal) {
      this.#parts.log.info(`does not suspend itself: ${reason}`);
    }
    this.#lastRefusal = reason;
  }

  #nowMs(): number {
    return this.#parts.nowMs?.() ?? performance.now();
  }
}

function refusal({ sessions = 0, obstacles = [] }: SuspendAnswer): string {
  if (sessions > 0) return "commands are attached";
  return obstacles.map(({ command, pid, path }) => `${command} (${pid}) uses ${path}`).join(", ");
}
