import * as vscode from "vscode";
import { views } from "#shared/contributions.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import type { PanelParts } from "./panel.ts";

/** The open panels, at most one per sandbox. The panel's code is loaded with the first of them. */
export class Panels implements Disposable {
  readonly #store = new DisposableStore();
  readonly #open = new Map<string, Disposable & { reveal(): void }>();
  readonly #parts: PanelParts;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#store.add(
      vscode.window.registerWebviewPanelSerializer(views.panel, {
        deserializeWebviewPanel: (panel, memory) => this.#restore(panel, memory),
      }),
    );
  }

  async open(sandbox: FolderSandbox): Promise<void> {
    const open = this.#open.get(key(sandbox));
    if (open !== undefined) return open.reveal();
    const title = `Sandbox: ${sandbox.folder.name}`;
    const panel = vscode.window.createWebviewPanel(views.panel, title, vscode.ViewColumn.Active, {
      enableScripts: true,
    });
    await this.#fill(panel, sandbox);
  }

  dispose(): void {
    for (const panel of this.#open.values()) panel.dispose();
    this.#store.dispose();
  }

  async #restore(panel: vscode.WebviewPanel, memory: unknown): Promise<void> {
    const { panelMemorySchema } = await import("#shared/protocol/panel.ts");
    const folder = panelMemorySchema.safeParse(memory).data?.folder;
    const sandbox =
      folder === undefined ? undefined : this.#parts.sessions.find(vscode.Uri.parse(folder));
    if (sandbox === undefined) return panel.dispose();
    await this.#fill(panel, sandbox);
  }

  async #fill(panel: vscode.WebviewPanel, sandbox: FolderSandbox): Promise<void> {
    const { SandboxPanel } = await import("./panel.ts");
    const shown = new SandboxPanel(panel, sandbox, this.#parts);
    this.#open.set(key(sandbox), shown);
    panel.onDidDispose(() => {
      this.#open.delete(key(sandbox));
      shown.dispose();
    });
  }
}

function key({ folder }: FolderSandbox): string {
  return folder.uri.toString();
}
