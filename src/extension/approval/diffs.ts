import * as vscode from "vscode";
import { approvalScheme } from "#shared/contributions.ts";
import type { ApprovalRequest } from "#shared/protocol/status.ts";
import { type Disposable, DisposableStore, onDispose } from "../services/disposables.ts";
import { plainLabel } from "../services/plainText.ts";
import { ReadOnlyDocuments } from "../services/readOnlyDocuments.ts";

type Question = { left: vscode.Uri; right: vscode.Uri; title: string; folder: vscode.Uri };
type Waiting = Question & { answer: (isApproved: boolean) => void };

/** Diffs of what was approved and what is asked for, each with its question in the editor's title. */
export class ApprovalDiffs implements Disposable {
  readonly #store = new DisposableStore();
  readonly #documents = this.#store.add(new ReadOnlyDocuments(approvalScheme));
  /** By the document on the right. */
  readonly #waiting = new Map<string, Waiting>();

  constructor() {
    this.#store.add(
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        for (const { input } of closed) {
          // A tab that is moved to another group is closed as well.
          if (isDiff(input) && tabsOf(input.modified).length === 0)
            this.#settle(input.modified, false);
        }
      }),
    );
    this.#store.add(
      vscode.workspace.onDidChangeWorkspaceFolders(({ removed }) => {
        for (const { uri } of removed) this.#settle(this.#of(uri)?.right, false);
      }),
    );
    this.#store.add(
      onDispose(() => {
        for (const { answer } of this.#waiting.values()) answer(false);
      }),
    );
  }

  /** Shows a diff until the user has said yes or no; closing it is a no. */
  async ask(folder: vscode.WorkspaceFolder, { before, after }: ApprovalRequest): Promise<boolean> {
    const query = folder.uri.toString();
    const question: Question = {
      left: this.#documents.set("/airlock-approval/approved.toml", before, query),
      right: this.#documents.set("/airlock-approval/asked for.toml", after, query),
      title: `${folder.name}: approved ↔ asked for`,
      folder: folder.uri,
    };
    const options = {
      location: vscode.ProgressLocation.Window,
      title: plainLabel(`Airlock: ${folder.name} waits for your approval`),
    };
    return vscode.window.withProgress(options, async () => {
      const isApproved = new Promise<boolean>((answer) =>
        this.#waiting.set(question.right.toString(), { ...question, answer }),
      );
      await show(question);
      return isApproved;
    });
  }

  /** Brings a folder's diff into view; answers whether one waits for an answer. */
  async reveal(folder: vscode.WorkspaceFolder): Promise<boolean> {
    const waiting = this.#of(folder.uri);
    if (waiting !== undefined) await show(waiting);
    return waiting !== undefined;
  }

  /** Takes the user's word on a diff, the one in view if none is named. */
  answer(argument: unknown, isApproved: boolean): void {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const inView = isDiff(input) ? input.modified : undefined;
    const uri = argument instanceof vscode.Uri ? argument : inView;
    if (uri?.scheme !== approvalScheme || this.#settle(uri, isApproved)) return;
    closeTabs(uri);
    void vscode.window.showInformationMessage(
      "The start that asked for this has ended. Start the sandbox again to be asked anew.",
    );
  }

  dispose(): void {
    this.#store.dispose();
  }

  #of(folder: vscode.Uri): Waiting | undefined {
    return [...this.#waiting.values()].find((each) => each.folder.toString() === folder.toString());
  }

  /** Whether somebody has waited for it. */
  #settle(right: vscode.Uri | undefined, isApproved: boolean): boolean {
    const waiting = right && this.#waiting.get(right.toString());
    if (waiting === undefined) return false;
    this.#waiting.delete(waiting.right.toString());
    waiting.answer(isApproved);
    closeTabs(waiting.right);
    return true;
  }
}

/** No preview: that would be closed, and so refused, by a look at another file. */
async function show({ left, right, title }: Question): Promise<void> {
  await vscode.commands.executeCommand("vscode.diff", left, right, title, { preview: false });
}

function closeTabs(right: vscode.Uri): void {
  void vscode.window.tabGroups.close(tabsOf(right));
}

function tabsOf(right: vscode.Uri): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => isDiff(input) && input.modified.toString() === right.toString());
}

function isDiff(input: unknown): input is vscode.TabInputTextDiff {
  return input instanceof vscode.TabInputTextDiff;
}
