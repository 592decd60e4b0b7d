import { fileURLToPath, pathToFileURL } from "node:url";
import type { TextDocuments } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { kindOf, resolved } from "./slotFiles.ts";

/** The configuration files that the editor has open, by path. */
export class OpenFiles {
  private readonly documents: TextDocuments<TextDocument>;
  private byPath = new Map<string, TextDocument>();

  constructor(documents: TextDocuments<TextDocument>) {
    this.documents = documents;
  }

  /** Takes in what has been opened or closed; paths have their symlinks resolved. */
  async refresh(): Promise<void> {
    const byPath = new Map<string, TextDocument>();
    for (const document of this.documents.all()) {
      const path = pathOf(document.uri);
      if (path !== undefined && kindOf(path) !== undefined) {
        byPath.set(kindOf(path) === "project" ? await resolved(path) : path, document);
      }
    }
    this.byPath = byPath;
  }

  paths(): string[] {
    return [...this.byPath.keys()];
  }

  text(path: string): string | undefined {
    return this.byPath.get(path)?.getText();
  }

  /** The address the editor knows a file by. */
  uri(path: string): string {
    return this.byPath.get(path)?.uri ?? pathToFileURL(path).href;
  }
}

/** Path of a file address; undefined for unsaved and remote documents. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    // Not an address of a file on this machine.
    return undefined;
  }
}
