import { type Deferred, deferred } from "#helper/machine/deferred.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import type { SuspendedRecord } from "../suspended/record.ts";
import { discardSuspended } from "../suspended/store.ts";
import type { BootedSandbox } from "./boot.ts";
import type { SuspendAnswer, SuspendDemand } from "./service.ts";
import type { SuspendContext, SuspendOutcome } from "./suspend.ts";

/** What somebody wants suspended, until they have their answer, and what came of it. */
export class Suspension {
  #asked = deferred<void>();
  #pending: { demand: SuspendDemand; answer: Deferred<SuspendAnswer> } | undefined;
  #record: SuspendedRecord | undefined;

  /** Settles when somebody asks. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Settles when the sandbox is suspended, or rejects, or says what is in the way. */
  async ask(demand: SuspendDemand): Promise<SuspendAnswer> {
    this.#pending ??= { demand, answer: deferred() };
    this.#asked.resolve();
    return await this.#pending.answer.promise;
  }

  /** Does what was asked for and answers it. */
  async carryOut(context: SuspendContext, sandbox: BootedSandbox): Promise<SuspendOutcome> {
    const { demand, answer } = this.#pending ?? nobodyAsked();
    try {
      context.log.info(`suspending: ${demand.why}`);
      const { suspendSandbox } = await import("./suspend.ts");
      const outcome = await suspendSandbox(context, sandbox, demand.endSessions);
      if (outcome.kind === "suspended") {
        this.#record = outcome.record;
        answer.resolve({});
      } else if (outcome.kind === "refused") answer.resolve(outcome.answer);
      else answer.reject(outcome.error);
      return outcome;
    } catch (error) {
      answer.reject(error);
      throw error;
    } finally {
      this.#pending = undefined;
      this.#asked = deferred();
    }
  }

  /** What the sandbox is left in, unless somebody has changed their mind meanwhile. */
  async result(
    { project }: Pick<SuspendContext, "project">,
    { discard }: { discard: boolean },
  ): Promise<SandboxStatus["suspended"]> {
    if (this.#record === undefined) return null;
    if (discard) {
      await discardSuspended(project);
      return null;
    }
    const { suspendedAt, sizeBytes } = this.#record;
    return { since: suspendedAt, sizeBytes };
  }
}

function nobodyAsked(): never {
  throw new Error("nobody has asked for a suspension");
}
