import type { ApprovalRequest, SandboxStatus, SignInRequest } from "#shared/protocol/status.ts";

export type Failure = {
  code: string;
  message: string;
  hint: string | null;
  /** What the user is asked to approve, when that is why the start ended. */
  approval?: ApprovalRequest;
  /** What a registry wants to know, when that is why. */
  signIn?: SignInRequest;
};

export type StartProgress = {
  phase: string;
  text: string;
  /** Null where the phase has no amount. */
  amount: { doneBytes: number; totalBytes: number } | null;
  /** Rate, time left and parts in words, where they are known. */
  details?: string;
};

/** What this window knows of one sandbox; `status` is the supervisor's last word, if any. */
export type SandboxState =
  | { kind: "stopped"; status: SandboxStatus | null }
  | {
      kind: "starting";
      progress: StartProgress;
      status: SandboxStatus | null;
      /** Whether it is this window's start, whose front will say how it ended. */
      own: boolean;
    }
  | { kind: "running"; status: SandboxStatus }
  | { kind: "stopping"; status: SandboxStatus | null }
  /** Nothing runs; the next start goes on with the saved machine. */
  | { kind: "suspended"; status: SandboxStatus }
  | { kind: "failed"; failure: Failure; status: SandboxStatus | null };

export type SandboxStateKind = SandboxState["kind"];

export type SandboxEvent =
  | { type: "startAsked" }
  | { type: "stopAsked" }
  | { type: "progress"; progress: StartProgress }
  /** The supervisor told its state. */
  | { type: "reported"; status: SandboxStatus }
  /** Somebody looked at a sandbox that has no supervisor. */
  | { type: "inspected"; status: SandboxStatus | null }
  | { type: "failed"; failure: Failure }
  /** The start was given up before it had an outcome. */
  | { type: "cancelled" }
  /** No supervisor is there any more. */
  | { type: "gone" };

export const initialState: SandboxState = { kind: "stopped", status: null };

/** The state after an event. Events of the front and of the supervisor may arrive in any order. */
export function nextState(state: SandboxState, event: SandboxEvent): SandboxState {
  switch (event.type) {
    case "startAsked":
      return { kind: "starting", progress: firstProgress, status: state.status, own: true };
    case "stopAsked":
      return isActive(state) ? { kind: "stopping", status: state.status } : state;
    case "progress":
      return afterProgress(state, event.progress);
    case "reported":
      return afterReport(state, event.status);
    case "inspected":
      return afterInspection(state, event.status);
    case "failed":
      return { kind: "failed", failure: event.failure, status: state.status };
    case "cancelled":
      // Who has asked for the stop waits until nothing is left, and says so.
      return state.kind === "stopping" ? state : restingState(state.status);
    case "gone":
      return afterLoss(state);
  }
}

/** Whether a machine runs or is about to. */
export function isActive(state: SandboxState): boolean {
  return state.kind === "starting" || state.kind === "running" || state.kind === "stopping";
}

/** Whether a start ended only to ask the user something; the answer goes with the next attempt. */
export function isQuestion(failure: {
  code: string;
  approval?: unknown;
  signIn?: unknown;
}): boolean {
  const { code, approval, signIn } = failure;
  return approval !== undefined || signIn !== undefined || questions.includes(code);
}

const questions = ["image-changed", "suspended-changed", "suspended-unusable"];

const firstProgress: StartProgress = {
  phase: "config",
  text: "Reading configuration",
  amount: null,
};

/** A sandbox without a machine, which may be a suspended one. */
function restingState(status: SandboxStatus | null): SandboxState {
  return status?.status === "suspended"
    ? { kind: "suspended", status }
    : { kind: "stopped", status };
}

/** Only a sandbox without a supervisor is told by a look at its files. */
function afterInspection(state: SandboxState, status: SandboxStatus | null): SandboxState {
  if (isActive(state)) return state;
  const resting = restingState(status);
  return state.kind === "failed" && resting.kind === "stopped" ? { ...state, status } : resting;
}

/** Progress that arrives late, after `ready` or `stop`, says nothing new. */
function afterProgress(state: SandboxState, progress: StartProgress): SandboxState {
  if (state.kind === "running" || state.kind === "stopping") return state;
  return { kind: "starting", progress, status: state.status, own: isOwn(state) };
}

function isOwn(state: SandboxState): boolean {
  return state.kind === "starting" && state.own;
}

function afterReport(state: SandboxState, status: SandboxStatus): SandboxState {
  switch (status.status) {
    case "running":
      return state.kind === "stopping" ? { kind: "stopping", status } : { kind: "running", status };
    case "starting":
      return state.kind === "starting"
        ? { ...state, status }
        : { kind: "starting", progress: firstProgress, status, own: false };
    case "stopping":
    case "suspending":
      return { kind: "stopping", status };
    case "stopped":
    case "suspended":
      return restingState(status);
    case "failed":
      return { kind: "failed", failure: failureOf(state, status), status };
  }
}

/** The front knows a hint as well; keep it when both speak of the same failure. */
function failureOf(state: SandboxState, status: SandboxStatus): Failure {
  const failure = status.failure ?? { code: "unknown", message: "The sandbox failed." };
  const known = state.kind === "failed" && state.failure.code === failure.code;
  return { ...failure, hint: known ? state.failure.hint : null };
}

function afterLoss(state: SandboxState): SandboxState {
  switch (state.kind) {
    case "running":
      return { kind: "failed", failure: lost, status: state.status };
    case "stopping":
      return restingState(state.status);
    // The front of an own start still runs and will say how it ended; nobody speaks for another's.
    case "starting":
      return state.own ? state : { kind: "failed", failure: lost, status: state.status };
    case "stopped":
    case "suspended":
    case "failed":
      return state;
  }
}

const lost: Failure = {
  code: "supervisor-lost",
  message: "The sandbox ended unexpectedly: its supervisor is gone.",
  hint: "Start the sandbox again; its disk is checked on the way.",
};
