import * as vscode from "vscode";
import { effectiveScheme } from "#shared/contributions.ts";
import type { Effective } from "#shared/protocol/effective.ts";
import { type Disposable, DisposableStore, onDispose } from "../services/disposables.ts";
import type { Program } from "../services/program.ts";
import { readEffective, watchConfiguration } from "./follow.ts";

/** Read-only documents that show what a folder's configuration amounts to, as long as they are open. */
export class EffectiveConfigurations implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changes = this.#store.add(new vscode.EventEmitter<vscode.Uri>());
  readonly #links = new Map<string, Effective["links"]>();
  readonly #watches = new Map<string, Disposable>();
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
    this.#store.add(
      vscode.workspace.registerTextDocumentContentProvider(effectiveScheme, {
        onDidChange: this.#changes.event,
        provideTextDocumentContent: (uri) => this.#read(uri),
      }),
    );
    this.#store.add(
      vscode.languages.registerDocumentLinkProvider(
        { scheme: effectiveScheme },
        { provideDocumentLinks: ({ uri }) => (this.#links.get(key(uri)) ?? []).map(documentLink) },
      ),
    );
    this.#store.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === effectiveScheme) this.#forget(key(uri));
      }),
    );
    this.#store.add(
      onDispose(() => {
        for (const watched of [...this.#watches.keys()]) this.#forget(watched);
      }),
    );
  }

  /** Opens the document of a folder; it follows the files from then on. */
  async show(folder: vscode.WorkspaceFolder): Promise<void> {
    const path = `/airlock-effective/${folder.name} (effective).toml`;
    const uri = vscode.Uri.from({ scheme: effectiveScheme, path, query: folder.uri.fsPath });
    this.#changes.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    if (!this.#watches.has(key(uri))) {
      const watch = watchConfiguration(uri.query, () => this.#changes.fire(uri));
      this.#watches.set(key(uri), watch);
    }
    await vscode.window.showTextDocument(document, { preview: true });
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #read(uri: vscode.Uri): Promise<string> {
    const { effectiveDocument } = await import("./effectiveText.ts");
    const { stdout, stderr } = await readEffective(this.#program, uri.query);
    const { text, links } = effectiveDocument(stdout, stderr);
    this.#links.set(key(uri), links);
    return text;
  }

  #forget(watched: string): void {
    this.#watches.get(watched)?.dispose();
    this.#watches.delete(watched);
    this.#links.delete(watched);
  }
}

function key(uri: vscode.Uri): string {
  return uri.toString();
}

function documentLink({ line, column, text, path, start }: Effective["links"][number]) {
  const range = new vscode.Range(line - 1, column - 1, line - 1, column - 1 + text.length);
  const target = vscode.Uri.file(path).with({ fragment: `L${start.line},${start.column}` });
  return new vscode.DocumentLink(range, target);
}
