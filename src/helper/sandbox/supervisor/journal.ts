import type { Logger } from "#shared/log.ts";
import { messageOf } from "../errors.ts";
import { endLeftovers, type ProcessRecord, recordProcess } from "../processes.ts";
import type { Project } from "../project.ts";
import { readLastRun, writeRunRecord } from "../runRecord.ts";
import type { Board } from "./board.ts";

/** What `run.json` says of a sandbox while it lives: its state, and its processes on the host. */
export class RunJournal {
  readonly #project: Project;
  readonly #board: Board;
  readonly #log: Logger;
  #processes: ProcessRecord[] = [];

  constructor(project: Project, { board, log }: { board: Board; log: Logger }) {
    this.#project = project;
    this.#board = board;
    this.#log = log;
  }

  /** Ends what a killed predecessor left behind and says who we are. */
  async takeOver(): Promise<void> {
    const previous = readLastRun(this.#project);
    for (const name of await endLeftovers(this.#project, previous?.processes ?? [])) {
      this.#log.warn(`ended a leftover of an earlier run: ${name}`);
    }
    this.#processes = [await recordProcess("supervisor", process.pid)];
    await this.save();
  }

  /** Records QEMU as soon as it runs, before anything else can go wrong with it. */
  async addMachine(pid: number): Promise<void> {
    this.#processes.push(await recordProcess("qemu", pid));
    await this.save();
  }

  /** The machines are gone; not written until the next save. */
  forgetMachines(): void {
    this.#processes = this.#processes.slice(0, 1);
  }

  async save(): Promise<void> {
    const record = { format: 1 as const, status: this.#board.status, processes: this.#processes };
    await writeRunRecord(this.#project, record).catch((error: unknown) => {
      this.#log.error(`run.json cannot be written: ${messageOf(error)}`);
    });
  }
}
