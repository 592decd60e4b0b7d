import * as vscode from "vscode";
import type { RegistryCredentials, SignInRequest } from "#shared/protocol/status.ts";
import { isApproved } from "../approval/ask.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import type { Failure } from "../sandboxes/state.ts";
import { inBackground } from "../services/inBackground.ts";
import { plainText } from "../services/plainText.ts";
import { askForSignIn, offerToRemember } from "../signIn/ask.ts";
import { askAboutSuspended, isAboutSuspended, type SuspendedAnswer } from "./suspend.ts";
import type { Window } from "./window.ts";

/** What the user has said yes to in the course of a start. */
export type Agreed = ImageAnswer &
  SuspendedAnswer & {
    approve: string | undefined;
    credentials: RegistryCredentials | undefined;
  };

/** The questions of one start: each ends the start, and its answer goes with the next attempt. */
export class Agreements {
  agreed: Agreed = {
    recreate: false,
    keepImage: false,
    approve: undefined,
    credentials: undefined,
    resume: false,
    discardSuspended: false,
  };
  isGivenUp = false;
  readonly #window: Window;
  readonly #sandbox: FolderSandbox;
  /** What the user has typed a sign-in for. */
  #typedFor: SignInRequest | undefined;

  constructor(window: Window, sandbox: FolderSandbox) {
    this.#window = window;
    this.#sandbox = sandbox;
  }

  /** Asks what a start ended with. `again` when there is an answer to try, `over` in all other cases. */
  async ask(failure: Failure): Promise<"again" | "over"> {
    const question = this.#question(failure);
    if (question === undefined) return "over";
    const answer = await question;
    if (answer === undefined) {
      this.isGivenUp = true;
      return "over";
    }
    this.agreed = { ...this.agreed, ...answer };
    return "again";
  }

  /** The start went well: what the user has typed may be worth keeping. */
  remember(): void {
    const { credentials } = this.agreed;
    const request = this.#typedFor;
    if (credentials === undefined || request === undefined) return;
    const { secrets, log } = this.#window;
    const offered = offerToRemember(secrets, { request, credentials });
    inBackground("sign-in", offered, log.logger);
  }

  #question(failure: Failure): Promise<Partial<Agreed> | undefined> | undefined {
    const { approval, signIn, code, message } = failure;
    if (approval !== undefined && approval.digest !== this.agreed.approve) {
      const { digest } = approval;
      return isApproved(this.#sandbox.folder, approval, this.#window).then((yes) =>
        yes ? { approve: digest } : undefined,
      );
    }
    if (signIn !== undefined) return this.#signIn(signIn);
    const isAsked = this.agreed.recreate || this.agreed.keepImage;
    // What was approved is remembered by now.
    if (code === "image-changed" && !isAsked) {
      return askAboutImage(message).then((answer) => answer && { ...answer, approve: undefined });
    }
    if (isAboutSuspended(failure) && !this.agreed.discardSuspended) {
      return this.#suspended(failure);
    }
    return undefined;
  }

  /** Without an answer it stays suspended, which only a look at it can tell after a start that failed. */
  async #suspended(failure: Failure): Promise<Partial<Agreed> | undefined> {
    const answer = await askAboutSuspended(failure);
    if (answer === undefined) await this.#sandbox.session.inspect();
    return answer;
  }

  /** What is remembered is tried first, once; what a registry refuses is forgotten. */
  async #signIn(request: SignInRequest): Promise<Partial<Agreed> | undefined> {
    const { secrets } = this.#window;
    if (this.agreed.credentials === undefined) {
      const credentials = await secrets.find(request);
      if (credentials !== undefined) return { credentials };
    } else await secrets.forget(request);
    const credentials = await askForSignIn(request);
    this.#typedFor = request;
    return credentials && { credentials };
  }
}

type ImageAnswer = { recreate: boolean; keepImage: boolean };

async function askAboutImage(message: string): Promise<ImageAnswer | undefined> {
  const recreate = "Re-create";
  const keep = "Keep Old Image";
  const answer = await vscode.window.showWarningMessage(
    "The image has changed since this sandbox was created.",
    {
      modal: true,
      detail: `${plainText(message)}\n\nRe-creating the sandbox resets its root file system. Caches and the project stay.`,
    },
    recreate,
    keep,
  );
  if (answer === undefined) return undefined;
  return { recreate: answer === recreate, keepImage: answer === keep };
}
