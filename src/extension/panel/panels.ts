import * as vscode from "vscode";
import { views } from "#shared/contributions.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import type { PanelParts } from "./panel.ts";

/** The open panels, at most one per sandbox. The panel's code is loaded with the first of them. */
export class Panels implements Disposable {
  readonly #store = new DisposableStore();
  readonly #open = new Map<FolderSandbox, OpenPanel>();
  readonly #parts: PanelParts;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#store.add(
      vscode.window.registerWebviewPanelSerializer(views.panel, {
        deserializeWebviewPanel: (panel, memory) => this.#restore(panel, memory),
      }),
    );
    this.#store.add(parts.sessions.onDidChange(() => this.#closeOrphans()));
  }

  async open(sandbox: FolderSandbox): Promise<void> {
    const open = this.#open.get(sandbox);
    if (open !== undefined) return open.panel.reveal();
    const title = `Sandbox: ${sandbox.folder.name}`;
    const panel = vscode.window.createWebviewPanel(views.panel, title, vscode.ViewColumn.Active, {
      enableScripts: true,
      enableFindWidget: true,
    });
    await this.#fill(panel, sandbox);
  }

  dispose(): void {
    for (const { store } of this.#open.values()) store.dispose();
    this.#store.dispose();
  }

  async #restore(panel: vscode.WebviewPanel, memory: unknown): Promise<void> {
    const { panelMemorySchema } = await import("#shared/protocol/panel.ts");
    const folder = panelMemorySchema.safeParse(memory).data?.folder;
    const sandbox =
      folder === undefined ? undefined : this.#parts.sessions.find(vscode.Uri.parse(folder));
    if (sandbox === undefined || this.#open.has(sandbox)) return panel.dispose();
    await this.#fill(panel, sandbox);
  }

  async #fill(panel: vscode.WebviewPanel, sandbox: FolderSandbox): Promise<void> {
    // Known before its code is loaded: meanwhile it may be asked for again, or closed.
    const store = new DisposableStore();
    this.#open.set(sandbox, { panel, store });
    panel.onDidDispose(() => {
      this.#open.delete(sandbox);
      store.dispose();
    });
    const { SandboxPanel } = await import("./panel.ts");
    if (!store.disposed) store.add(new SandboxPanel(panel, sandbox, this.#parts));
  }

  /** A panel whose folder has left the window shows nothing that is true any more. */
  #closeOrphans(): void {
    const { all } = this.#parts.sessions;
    for (const [sandbox, { panel }] of [...this.#open]) {
      if (!all.includes(sandbox)) panel.dispose();
    }
  }
}

type OpenPanel = { panel: vscode.WebviewPanel; store: DisposableStore };
