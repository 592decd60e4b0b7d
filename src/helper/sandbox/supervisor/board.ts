import type { SandboxStatus } from "#shared/protocol/status.ts";

export type ProgressNote = {
  phase: string;
  text: string;
  doneBytes: number;
  totalBytes: number;
};

export type BoardEvent =
  | { kind: "status"; status: SandboxStatus }
  | { kind: "progress"; progress: ProgressNote };

/** The sandbox's state as everybody sees it, and who wants to hear of changes. */
export class Board {
  #status: SandboxStatus;
  #listeners = new Set<(event: BoardEvent) => void>();

  constructor(status: SandboxStatus) {
    this.#status = status;
  }

  get status(): SandboxStatus {
    return this.#status;
  }

  update(change: Partial<SandboxStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#tell({ kind: "status", status: this.#status });
  }

  progress(phase: string, text: string): void {
    this.#tell({ kind: "progress", progress: { phase, text, doneBytes: 0, totalBytes: 0 } });
  }

  /** Runs one phase of a start: says that it begins, and records how long it took, also when it fails. */
  async phase<Result>(name: string, text: string, work: () => Promise<Result>): Promise<Result> {
    this.progress(name, text);
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.addPhase(name, performance.now() - startMs);
    }
  }

  addPhase(name: string, ms: number): void {
    this.update({ phases: [...this.#status.phases, { name, ms: Math.round(ms) }] });
  }

  /** Returns how to stop listening. */
  listen(listener: (event: BoardEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: BoardEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
