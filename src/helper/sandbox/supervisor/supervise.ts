import type { AgentLink } from "#helper/link/agent.ts";
import { type Deferred, deferred } from "#helper/machine/deferred.ts";
import type { Machine } from "#helper/machine/machine.ts";
import { serveSandbox } from "#helper/rpc/server.ts";
import { AirlockError } from "#shared/errors.ts";
import type { Logger } from "#shared/log.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { version } from "#shared/version.ts";
import { diskUse, prepareDisk } from "../disk.ts";
import { messageOf, SandboxError } from "../errors.ts";
import { endLeftovers, type ProcessRecord, recordProcess } from "../processes.ts";
import type { Project } from "../project.ts";
import { readRunRecord, writeRunRecord } from "../runRecord.ts";
import type { SupervisorSpec } from "../spec.ts";
import type { SuspendedRecord } from "../suspended/record.ts";
import { discardSuspended } from "../suspended/store.ts";
import { AutoSuspend } from "./autoSuspend.ts";
import { Board } from "./board.ts";
import { type BootedSandbox, bootSandbox } from "./boot.ts";
import { hostClock, keepClock } from "./clock.ts";
import { copyGuestLog } from "./guestLog.ts";
import { hardening } from "./hardening.ts";
import { initialStatus } from "./initialStatus.ts";
import { lossError } from "./loss.ts";
import {
  type StopDemand,
  type SuspendAnswer,
  type SuspendDemand,
  sandboxService,
} from "./service.ts";
import { UsageMeter } from "./usage.ts";

const answerMarginMs = 5_000;
const powerOffMs = 5_000;
/** What the disk gets to finish a snapshot after the sandbox has ended. */
const asideMs = 10_000;
const holderDeadlineMs = 10_000;

/** One sandbox from the moment its lock is held until nothing of it is left. */
export class Supervisor {
  readonly #project: Project;
  readonly #spec: SupervisorSpec;
  readonly #log: Logger;
  readonly #board: Board;
  readonly #cancel = new AbortController();
  readonly #usage = new UsageMeter(() => this.#readUsage());
  #processes: ProcessRecord[] = [];
  #machine: Machine | undefined;
  #sandbox: BootedSandbox | undefined;
  #followed: AgentLink | undefined;
  #holderTimer: NodeJS.Timeout | undefined;
  #demand: StopDemand | undefined;
  #suspension: { demand: SuspendDemand; answer: Deferred<SuspendAnswer> } | undefined;
  #suspendAsked = deferred<void>();
  #suspended: SuspendedRecord | undefined;
  readonly #autoSuspend: AutoSuspend;
  #demanded: () => void = () => undefined;
  #ended: () => void = () => undefined;
  readonly #stopDemanded = new Promise<void>((resolve) => {
    this.#demanded = resolve;
  });
  readonly #hasEnded = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });

  private constructor(project: Project, spec: SupervisorSpec, log: Logger, board: Board) {
    this.#project = project;
    this.#spec = spec;
    this.#log = log;
    this.#board = board;
    const suspend = (why: string) => this.suspend({ why, endSessions: false });
    this.#autoSuspend = new AutoSuspend({ policy: spec.suspend, usage: this.#usage, log, suspend });
  }

  /** Runs one sandbox; `listening` is called when clients can connect. */
  static async run(
    project: Project,
    spec: SupervisorSpec,
    { log, listening }: { log: Logger; listening: () => void },
  ): Promise<void> {
    const board = new Board(await initialStatus(project, spec));
    await new Supervisor(project, spec, log, board).#run(listening);
  }

  async #run(listening: () => void): Promise<void> {
    const log = this.#log;
    log.info(`airlock ${version} starts the sandbox of ${this.#project.dir}`);
    await this.#takeOver();
    const server = await serveSandbox({
      socketPath: this.#project.socket,
      service: sandboxService({
        board: this.#board,
        usage: this.#usage,
        stop: (demand) => this.stop(demand),
        suspend: (demand) => this.suspend(demand),
        held: () => clearTimeout(this.#holderTimer),
        windowsChanged: (difference) => this.#autoSuspend.windowsChanged(difference),
      }),
      guestSession: () => this.#sandbox?.link.session,
    });
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => {
        void this.stop({ why: `${signal} received`, force: false, graceMs: answerMarginMs });
      });
    }
    if (this.#spec.held) this.#expectHolder();
    listening();
    const end = await this.#live().catch((error: unknown) => this.#failureOf(error));
    clearTimeout(this.#holderTimer);
    this.#autoSuspend.stop();
    await this.#cleanUp();
    const suspended = await this.#suspendedState();
    const status = end !== null ? "failed" : suspended === null ? "stopped" : "suspended";
    const disk = await diskUse(this.#project.diskFile);
    this.#board.update({ status, failure: end, supervisorPid: null, suspended, disk });
    await this.#save();
    log.info(end === null ? `ended: ${status}` : `ended: failed (${end.code})`);
    this.#ended();
    await server.close();
  }

  /** A front process that died right after it started us will never come to hold the sandbox. */
  #expectHolder(): void {
    const demand = { why: "nobody holds it", force: false, graceMs: 0 };
    this.#holderTimer = setTimeout(() => void this.stop(demand), holderDeadlineMs);
  }

  /** Ends what a killed predecessor left behind and says in run.json who we are. */
  async #takeOver(): Promise<void> {
    const previous = await readRunRecord(this.#project);
    for (const name of await endLeftovers(previous?.processes ?? [])) {
      this.#log.warn(`ended a leftover of an earlier run: ${name}`);
    }
    this.#processes = [await recordProcess("supervisor", process.pid)];
    await this.#save();
  }

  /** Settles with the failure, or null after an orderly end. */
  async #live(): Promise<SandboxStatus["failure"]> {
    const { diskBytes, resumeId } = this.#spec;
    if (resumeId === null) {
      // Whoever boots has decided against what was suspended, and its memory does not fit the disk then.
      await discardSuspended(this.#project);
      const change = await prepareDisk(this.#project.diskFile, diskBytes);
      if (change !== "unchanged") this.#log.info(`disk ${change}: ${diskBytes} bytes`);
    }
    let sandbox = await this.#boot();
    this.#autoSuspend.start();
    for (;;) {
      const why = await this.#nextEvent(sandbox);
      if (why === "suspend") {
        const next = await this.#suspend(sandbox);
        if (next === undefined) return null;
        sandbox = next;
      } else {
        if (why !== "demand") return this.#lossOf(sandbox, why);
        await this.#shutDown(sandbox);
        return null;
      }
    }
  }

  /** Looks after a running sandbox until something has to happen. */
  async #nextEvent({ machine, link }: BootedSandbox) {
    const stopClock = keepClock(() => void this.#syncClock());
    // A suspension that was refused has left the link as it was.
    if (this.#followed !== link) void copyGuestLog(link.agent, this.#log);
    this.#followed = link;
    const why = await Promise.race([
      this.#stopDemanded.then(() => "demand" as const),
      this.#suspendAsked.promise.then(() => "suspend" as const),
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
    this.#suspension ??= { demand, answer: deferred() };
    this.#suspendAsked.resolve();
    const answer = await this.#suspension.answer.promise;
    if (!answer.sessions && !answer.obstacles?.length) await this.#hasEnded;
    return answer;
  }

  /** Gives the sandbox that runs on; undefined when it is suspended. */
  async #suspend(sandbox: BootedSandbox): Promise<BootedSandbox | undefined> {
    const { demand, answer } = this.#suspension ?? noSuspension();
    const context = {
      ...{ project: this.#project, spec: this.#spec, board: this.#board, log: this.#log },
    };
    try {
      this.#log.info(`suspending: ${demand.why}`);
      const { suspendSandbox } = await import("./suspend.ts");
      const outcome = await suspendSandbox(context, sandbox, demand.endSessions);
      if (outcome.kind === "suspended") {
        this.#suspended = outcome.record;
        answer.resolve({});
        return undefined;
      }
      if (outcome.kind === "refused") {
        answer.resolve(outcome.answer);
        return sandbox;
      }
      this.#sandbox = outcome.sandbox;
      answer.reject(outcome.error);
      if (this.#spec.held) this.#endHeld();
      return outcome.sandbox;
    } catch (error) {
      answer.reject(error);
      throw error;
    } finally {
      this.#suspension = undefined;
      this.#suspendAsked = deferred();
    }
  }

  /** The command that a held sandbox lives for was ended for a suspension that failed. */
  #endHeld(): void {
    void this.stop({ why: "its command has ended", force: false, graceMs: answerMarginMs });
  }

  /** What the sandbox is left in, unless somebody has changed their mind meanwhile. */
  async #suspendedState(): Promise<SandboxStatus["suspended"]> {
    if (this.#suspended === undefined) return null;
    if (this.#demand?.discard) {
      await discardSuspended(this.#project);
      return null;
    }
    const { suspendedAt, sizeBytes } = this.#suspended;
    return { since: suspendedAt, sizeBytes };
  }

  async #boot(): Promise<BootedSandbox> {
    const board = this.#board;
    board.addPhase("launch", Math.max(0, Date.now() - this.#spec.plannedAtMs));
    const start = this.#spec.resumeId === null ? bootSandbox : await resumption();
    const sandbox = await start({
      project: this.#project,
      spec: this.#spec,
      board,
      log: this.#log,
      signal: this.#cancel.signal,
      onMachine: (machine) => this.#adopt(machine),
    });
    this.#sandbox = sandbox;
    await board.phase("ready", "Finishing", () => this.#tellRunning(sandbox));
    board.update({ status: "running" });
    await this.#save();
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

  /** Records a machine's process before anything else can go wrong with it. */
  async #adopt(machine: Machine): Promise<void> {
    this.#machine = machine;
    this.#processes.push(await recordProcess("qemu", machine.pid));
    await this.#save();
  }

  /** Asks for the end; settles when nothing of the sandbox is left running. */
  async stop(demand: StopDemand): Promise<void> {
    if (this.#demand === undefined) {
      this.#log.info(`stopping: ${demand.why}`);
      this.#demand = demand;
      this.#cancel.abort();
      this.#demanded();
    } else if (demand.force) {
      // Somebody has lost patience with an orderly shutdown that is under way.
      await this.#machine?.kill();
    }
    await this.#hasEnded;
  }

  async #shutDown({ machine, link }: BootedSandbox): Promise<void> {
    this.#board.update({ status: "stopping" });
    const { force = false, graceMs = 0, pauseMs = 0 } = this.#demand ?? {};
    if (force) return;
    try {
      await Promise.race([machine.exited, deadline(pauseMs)]);
      await link.agent.shutdown({ graceMs }, { timeoutMs: graceMs + answerMarginMs });
      await Promise.race([machine.exited, deadline(powerOffMs)]);
    } catch (error) {
      this.#log.warn(`the guest did not shut down in order: ${messageOf(error)}`);
    }
  }

  /** The machine or the link to it went away although nobody asked. */
  async #lossOf(
    { machine }: BootedSandbox,
    why: "exited" | "unlinked",
  ): Promise<SandboxStatus["failure"]> {
    // The link breaks a moment before the process's end is seen; its end says more.
    const end = await Promise.race([machine.exited, deadline(why === "exited" ? 0 : 2_000)]);
    const error = lossError(end);
    if (error !== undefined) return this.#failureOf(error);
    this.#log.info("the guest powered itself off");
    return null;
  }

  #failureOf(error: unknown): SandboxStatus["failure"] {
    if (this.#demand !== undefined) return null;
    const failure = {
      code: error instanceof AirlockError ? error.code : "supervisor",
      message: messageOf(error),
    };
    this.#log.error(failure.message);
    if (failure.code === "supervisor" && error instanceof Error) {
      this.#log.error(error.stack ?? "");
    }
    return failure;
  }

  async #cleanUp(): Promise<void> {
    const { link, aside } = this.#sandbox ?? {};
    this.#sandbox = undefined;
    link?.close();
    await this.#machine?.kill().catch((error: unknown) => {
      this.#log.error(`the machine could not be ended: ${messageOf(error)}`);
    });
    this.#processes = this.#processes.slice(0, 1);
    await Promise.race([aside, deadline(asideMs)]);
  }

  async #syncClock(): Promise<void> {
    try {
      await this.#sandbox?.link.agent.syncClock({ clock: hostClock() }, { timeoutMs: 10_000 });
    } catch (error) {
      this.#log.warn(`the guest's clock was not set: ${messageOf(error)}`);
    }
  }

  async #readUsage() {
    if (this.#sandbox === undefined) return undefined;
    const { machine, link } = this.#sandbox;
    const [{ $typeName: _, $unknown: __, ...stats }, rssBytes] = await Promise.all([
      link.agent.stats({}, { timeoutMs: 5_000 }),
      machine.rssBytes(),
    ]);
    return { ...stats, hostRssBytes: BigInt(rssBytes) };
  }

  async #save(): Promise<void> {
    const record = { format: 1 as const, status: this.#board.status, processes: this.#processes };
    await writeRunRecord(this.#project, record).catch((error: unknown) => {
      this.#log.error(`run.json cannot be written: ${messageOf(error)}`);
    });
  }
}

/** Loaded only where it is needed: a boot waits for what is loaded before it. */
async function resumption() {
  return (await import("./resume.ts")).resumeSandbox;
}

function noSuspension(): never {
  throw new Error("nobody has asked for a suspension");
}

function deadline(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}
