import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "./disposables.ts";

/** Read-only documents of one scheme, kept in memory while a window is open. */
export class ReadOnlyDocuments implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changes = this.#store.add(new vscode.EventEmitter<vscode.Uri>());
  readonly #texts = new Map<string, string>();
  readonly #scheme: string;

  constructor(scheme: string) {
    this.#scheme = scheme;
    const provider: vscode.TextDocumentContentProvider = {
      onDidChange: this.#changes.event,
      provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? "",
    };
    this.#store.add(vscode.workspace.registerTextDocumentContentProvider(scheme, provider));
    this.#store.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) this.#texts.delete(uri.toString());
      }),
    );
  }

  /** Sets a document's text; one that is open shows it at once. The path decides the language. */
  set(path: string, text: string, query = ""): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: this.#scheme, path, query });
    this.#texts.set(uri.toString(), text);
    this.#changes.fire(uri);
    return uri;
  }

  dispose(): void {
    this.#store.dispose();
  }
}
