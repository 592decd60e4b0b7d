import type { MessageInitShape } from "@bufbuild/protobuf";
import type { UsageSchema } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { BootedSandbox } from "./boot.ts";

export type Usage = MessageInitShape<typeof UsageSchema>;

const shortestIntervalMs = 250;

/**
 * Reads the guest's load once for all who want to know, as often as the most eager of them asks:
 * the guest counts CPU time since the previous reading, so readings must not compete.
 */
export class UsageMeter {
  #subscribers = new Map<(usage: Usage) => void, number>();
  #timer: NodeJS.Timeout | undefined;
  #read: () => Promise<Usage | undefined>;

  /** `read` gives undefined while nothing runs. */
  constructor(read: () => Promise<Usage | undefined>) {
    this.#read = read;
  }

  /** An interval of 0 subscribes to nothing. Returns how to end the subscription. */
  subscribe(intervalMs: number, listener: (usage: Usage) => void): () => void {
    if (intervalMs === 0) return () => undefined;
    this.#subscribers.set(listener, Math.max(intervalMs, shortestIntervalMs));
    this.#schedule(0);
    return () => {
      this.#subscribers.delete(listener);
      this.#schedule(this.#intervalMs());
    };
  }

  #intervalMs(): number {
    return Math.min(...this.#subscribers.values());
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#subscribers.size === 0) return;
    this.#timer = setTimeout(() => void this.#tick(), delayMs);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    // A guest that cannot answer now is asked again; its death is noticed elsewhere.
    const usage = await this.#read().catch(() => undefined);
    if (usage !== undefined) for (const listener of this.#subscribers.keys()) listener(usage);
    this.#schedule(this.#intervalMs());
  }
}

/** What a guest says of its load, with what its machine takes of the host. */
export async function readUsage({ machine, link }: BootedSandbox): Promise<Usage> {
  const [{ $typeName: _, $unknown: __, ...stats }, rssBytes] = await Promise.all([
    link.agent.stats({}, { timeoutMs: 5_000 }),
    machine.rssBytes(),
  ]);
  return { ...stats, hostRssBytes: BigInt(rssBytes) };
}
