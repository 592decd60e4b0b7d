import type { AgentLink } from "#helper/link/agent.ts";
import { deferred } from "#helper/machine/deferred.ts";
import type { Machine } from "#helper/machine/machine.ts";
import { serveSandbox } from "#helper/rpc/server.ts";
import type { Logger } from "#shared/log.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { version } from "#shared/version.ts";
import { diskUse, prepareDisk } from "../disk.ts";
import { messageOf, SandboxError } from "../errors.ts";
import type { Project } from "../project.ts";
import type { SupervisorSpec } from "../spec.ts";
import { discardAgreed } from "../suspended/store.ts";
import { AutoSuspend } from "./autoSuspend.ts";
import { Board } from "./board.ts";
import { type BootedSandbox, bootSandbox } from "./boot.ts";
import { delay, hostClock, keepClock } from "./clock.ts";
import { noteFailure } from "./failure.ts";
import type { FrontSide } from "./frontSide.ts";
import { copyGuestLog } from "./guestLog.ts";
import { hardening } from "./hardening.ts";
import { initialStatus } from "./initialStatus.ts";
import { RunJournal } from "./journal.ts";
import { lossError } from "./loss.ts";
import {
  type StopDemand,
  type SuspendAnswer,
  type SuspendDemand,
  sandboxService,
} from "./service.ts";
import { shutDown } from "./shutDown.ts";
import { Suspension } from "./suspension.ts";
import { readUsage, UsageMeter } from "./usage.ts";

/** Of processes between TERM and KILL, when nobody says how long they have. */
const graceMs = 5_000;
/** The command that the sandbox was started for asks the guest first, which does one thing at a time. */
const commandFirstMs = 10;
/** What the disk gets to finish a snapshot after the sandbox has ended. */
const asideMs = 10_000;
/**
 * The front process's own command was hung up by the guest when the connection broke. It gets a moment for
 * that, and less time than usual in the end: nobody waits for output any more.
 */
const hangUp: StopDemand = {
  why: "its terminal closed",
  force: false,
  graceMs: 2_000,
  pauseMs: 2_000,
};

/** One sandbox from the moment its lock is held until nothing of it is left. */
export class Supervisor {
  readonly #project: Project;
  readonly #spec: SupervisorSpec;
  readonly #log: Logger;
  readonly #board: Board;
  readonly #cancel = new AbortController();
  readonly #usage = new UsageMeter(async () => this.#sandbox && (await readUsage(this.#sandbox)));
  readonly #journal: RunJournal;
  readonly #suspension = new Suspension();
  #machine: Machine | undefined;
  #sandbox: BootedSandbox | undefined;
  #followed: AgentLink | undefined;
  #demand: StopDemand | undefined;
  readonly #autoSuspend: AutoSuspend;
  readonly #machineBegun = deferred<void>();
  /** Settles when processes can be started, or never will be. */
  readonly #booted = deferred<void>();
  readonly #stopDemanded = deferred<void>();
  readonly #ended = deferred<void>();

  private constructor(
    project: Project,
    spec: SupervisorSpec,
    { log, board }: { log: Logger; board: Board },
  ) {
    this.#project = project;
    this.#spec = spec;
    this.#log = log;
    this.#board = board;
    this.#journal = new RunJournal(project, { board, log });
    const suspend = (why: string) => this.suspend({ why, endSessions: false });
    this.#autoSuspend = new AutoSuspend({ policy: spec.suspend, usage: this.#usage, log, suspend });
  }

  /** Runs one sandbox, of which the front process is told. */
  static async run(
    project: Project,
    spec: SupervisorSpec,
    { log, front }: { log: Logger; front: FrontSide },
  ): Promise<void> {
    const board = new Board(await initialStatus(project, spec));
    await new Supervisor(project, spec, { log, board }).#run(front);
  }

  async #run(front: FrontSide): Promise<void> {
    const log = this.#log;
    log.info(`airlock ${version} starts the sandbox of ${this.#project.dir}`);
    await this.#journal.takeOver();
    const server = await serveSandbox({
      socketPath: this.#project.socket,
      service: sandboxService({
        board: this.#board,
        usage: this.#usage,
        stop: (demand) => this.stop(demand),
        suspend: (demand) => this.suspend(demand),
        windowsChanged: (difference) => this.#autoSuspend.windowsChanged(difference),
      }),
      guestSession: () => this.#sandbox?.link.session,
      started: this.#booted.promise,
      answerFrom: this.#machineBegun.promise,
    });
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => {
        void this.stop({ why: `${signal} received`, force: false, graceMs });
      });
    }
    front.tell({ kind: "listening" });
    front.follow(this.#board);
    void this.#obey(front);
    const end = await this.#live().catch((error: unknown) => this.#failureOf(error));
    this.#machineBegun.resolve();
    this.#booted.resolve();
    // So that a start right after a failure waits for the end instead of finding a sandbox that runs.
    if (this.#board.status.status !== "suspending") this.#board.update({ status: "stopping" });
    this.#autoSuspend.stop();
    await this.#cleanUp();
    const discard = this.#demand?.discard ?? false;
    const suspended = await this.#suspension.result(this.#context(), { discard });
    const status = end !== null ? "failed" : suspended === null ? "stopped" : "suspended";
    const disk = await diskUse(this.#project.diskFile);
    this.#board.update({ status, failure: end, supervisorPid: null, suspended, disk });
    await this.#journal.save();
    process.exitCode = end === null ? 0 : 1;
    const why = end === null ? "" : ` (${end.code})`;
    log.info(`ended: ${status}${why}, exit code ${process.exitCode}`);
    this.#ended.resolve();
    await server.close();
  }

  /** Does what the front process wants, and ends with it when the sandbox is there for its command. */
  async #obey(front: FrontSide): Promise<void> {
    const why = "asked to stop";
    await front.listen(({ graceMs: given = graceMs }) => {
      void this.stop({ why, force: false, graceMs: given, discard: true });
    });
    if (this.#spec.held) await this.stop(hangUp);
  }

  /** Settles with the failure, or null after an orderly end. */
  async #live(): Promise<SandboxStatus["failure"]> {
    if (this.#spec.resumeId === null) await this.#prepareFreshStart();
    let sandbox = await this.#boot();
    this.#autoSuspend.start();
    for (;;) {
      const why = await this.#nextEvent(sandbox);
      if (why === "demand") return await this.#shutDown(sandbox);
      if (why !== "suspend") return await this.#lossOf(sandbox, why);
      const outcome = await this.#suspension.carryOut(this.#context(), sandbox);
      if (outcome.kind === "suspended") return null;
      sandbox = outcome.sandbox;
      this.#sandbox = sandbox;
      if (outcome.kind === "refused") continue;
      if (outcome.kind === "stranded") {
        const failure = this.#failureOf(outcome.error);
        await this.#shutDown(sandbox);
        return failure;
      }
      if (outcome.sessionsEnded && this.#spec.held) this.#endHeld();
    }
  }

  /** Whoever boots has decided against what was suspended, and its memory does not fit the disk then. */
  async #prepareFreshStart(): Promise<void> {
    const { diskBytes, discardId } = this.#spec;
    await discardAgreed(this.#project, discardId);
    const change = await prepareDisk(this.#project.diskFile, diskBytes);
    if (change !== "unchanged") this.#log.info(`disk ${change}: ${diskBytes} bytes`);
  }

  #context() {
    return { project: this.#project, spec: this.#spec, board: this.#board, log: this.#log };
  }

  /** Looks after a running sandbox until something has to happen. */
  async #nextEvent({ machine, link }: BootedSandbox) {
    const stopClock = keepClock(() => void this.#syncClock());
    // A suspension that was refused has left the link as it was.
    if (this.#followed !== link) {
      void delay(commandFirstMs).then(() => copyGuestLog(link.agent, this.#log));
    }
    this.#followed = link;
    const why = await Promise.race([
      this.#stopDemanded.promise.then(() => "demand" as const),
      this.#suspension.asked.then(() => "suspend" as const),
      machine.exited.then(() => "exited" as const),
      link.closed.then(() => "unlinked" as const),
    ]);
    stopClock();
    return why;
  }

  /** Asks for the suspension of the running sandbox; settles when that is done or refused. */
  async suspend(demand: SuspendDemand): Promise<SuspendAnswer> {
    if (this.#board.status.status !== "running" || this.#demand !== undefined) {
      throw new SandboxError("not-running", "Only a sandbox that runs can be suspended.");
    }
    const answer = await this.#suspension.ask(demand);
    if (!answer.sessions && !answer.obstacles?.length) await this.#ended.promise;
    return answer;
  }

  /** The command that a held sandbox lives for was ended for a suspension that failed. */
  #endHeld(): void {
    void this.stop({ why: "its command has ended", force: false, graceMs });
  }

  async #boot(): Promise<BootedSandbox> {
    const board = this.#board;
    board.addPhase("launch", Math.max(0, Date.now() - this.#spec.plannedAtMs));
    const start = this.#spec.resumeId === null ? bootSandbox : await resumption();
    const sandbox = await start({
      ...this.#context(),
      signal: this.#cancel.signal,
      onProcess: (pid) => {
        this.#machineBegun.resolve();
        return this.#journal.addMachine(pid);
      },
      onMachine: (machine) => {
        this.#machine = machine;
      },
    });
    this.#sandbox = sandbox;
    this.#booted.resolve();
    await board.phase("ready", "Finishing", () => this.#tellRunning(sandbox));
    board.update({ status: "running" });
    await this.#journal.save();
    const total = board.status.phases.reduce((sum, { ms }) => sum + ms, 0);
    this.#log.info(`ready after ${total} ms`);
    return sandbox;
  }

  async #tellRunning({ machine, measures }: BootedSandbox): Promise<void> {
    const board = this.#board;
    const type = machine.shares[0]?.type ?? null;
    board.update({
      startedAt: new Date().toISOString(),
      hardening: hardening({
        accelerator: this.#spec.machine.accelerator,
        harden: this.#spec.harden,
        shares: machine.shares,
        measures,
        seccomp: process.platform === "linux",
      }),
      disk: await diskUse(this.#project.diskFile),
      mounts: board.status.mounts.map((mount) => ({ ...mount, type })),
    });
  }

  /** Asks for the end; settles when nothing of the sandbox is left running. */
  async stop(demand: StopDemand): Promise<void> {
    if (this.#demand === undefined) {
      this.#log.info(`stopping: ${demand.why}`);
      this.#demand = demand;
      this.#cancel.abort();
      this.#stopDemanded.resolve();
    } else if (demand.force) {
      // Somebody has lost patience with an orderly shutdown that is under way.
      await this.#machine?.kill();
    }
    await this.#ended.promise;
  }

  async #shutDown(sandbox: BootedSandbox): Promise<null> {
    // From here on whoever stops by force is impatient with this.
    this.#demand ??= { why: "it cannot go on", force: false, graceMs };
    await shutDown(sandbox, { demand: this.#demand, board: this.#board, log: this.#log });
    return null;
  }

  /** The machine or the link to it went away although nobody asked. */
  async #lossOf(
    { machine }: BootedSandbox,
    why: "exited" | "unlinked",
  ): Promise<SandboxStatus["failure"]> {
    // The link breaks a moment before the process's end is seen; its end says more.
    const end = await Promise.race([machine.exited, delay(why === "exited" ? 0 : 2_000)]);
    const error = lossError(end);
    if (error !== undefined) return this.#failureOf(error);
    this.#log.info("the guest powered itself off");
    return null;
  }

  #failureOf(error: unknown): SandboxStatus["failure"] {
    return this.#demand === undefined ? noteFailure(error, this.#log) : null;
  }

  async #cleanUp(): Promise<void> {
    const { link, aside } = this.#sandbox ?? {};
    this.#sandbox = undefined;
    link?.close();
    await this.#machine?.kill().catch((error: unknown) => {
      this.#log.error(`the machine could not be ended: ${messageOf(error)}`);
    });
    this.#journal.forgetMachines();
    await Promise.race([aside, delay(asideMs)]);
  }

  async #syncClock(): Promise<void> {
    try {
      await this.#sandbox?.link.agent.syncClock({ clock: hostClock() }, { timeoutMs: 10_000 });
    } catch (error) {
      this.#log.warn(`the guest's clock was not set: ${messageOf(error)}`);
    }
  }
}

/** Loaded only where it is needed: a boot waits for what is loaded before it. */
async function resumption() {
  return (await import("./resume.ts")).resumeSandbox;
}
