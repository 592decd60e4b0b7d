import type { Child } from "../machine/process.ts";
import type { ServedShares } from "./shares.ts";

const endGraceMs = 500;

/** The processes that serve a machine's shares, by the index of the share. None for 9p. */
export class ShareDaemons {
  readonly #served: ServedShares;
  readonly #lost: () => void;
  readonly #running = new Map<number, Child>();
  readonly #released = new Set<Child>();

  /** `lost` is called when a daemon ends that the machine still needs. */
  constructor(served: ServedShares, lost: () => void) {
    this.#served = served;
    this.#lost = lost;
    for (const [index, daemon] of served.daemons.entries()) this.#watch(index, daemon);
  }

  /** Starts the daemon of a share again where it has ended; undefined when there is nothing to wait for. */
  serve(index: number): Promise<void> | undefined {
    const { startDaemon } = this.#served;
    if (startDaemon === undefined || this.#running.has(index)) return undefined;
    return startDaemon(index).then((daemon) => this.#watch(index, daemon));
  }

  /** From now on the machine does not need the daemon. */
  release(index: number): void {
    const daemon = this.#running.get(index);
    if (daemon !== undefined) this.#released.add(daemon);
  }

  async end(index: number): Promise<void> {
    const daemon = this.#running.get(index);
    this.release(index);
    await daemon?.stop(endGraceMs);
    this.#running.delete(index);
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((index) => this.end(index)));
  }

  #watch(index: number, daemon: Child): void {
    this.#running.set(index, daemon);
    void daemon.ended.then(() => {
      if (!this.#released.has(daemon)) this.#lost();
    });
  }
}
