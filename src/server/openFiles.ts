import { fileURLToPath, pathToFileURL } from "node:url";
import type { TextDocuments } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { kindOf, resolved } from "./slotFiles.ts";

/** The configuration files that the editor has open, by path. */
export class OpenFiles {
  private readonly documents: TextDocuments<TextDocument>;
  private byPath = new Map<string, TextDocument>();
  /** Looked up once: while a file is open its name stays what it is. */
  private pathByUri = new Map<string, string>();

  constructor(documents: TextDocuments<TextDocument>) {
    this.documents = documents;
  }

  /** Takes in what has been opened or closed; paths have their symlinks resolved. */
  async refresh(): Promise<void> {
    const byPath = new Map<string, TextDocument>();
    const pathByUri = new Map<string, string>();
    for (const document of this.documents.all()) {
      const path = this.pathByUri.get(document.uri) ?? (await configurationPath(document.uri));
      if (path === undefined) continue;
      pathByUri.set(document.uri, path);
      byPath.set(path, document);
    }
    this.byPath = byPath;
    this.pathByUri = pathByUri;
  }

  /** Path of an open configuration file; undefined for anything else. */
  path(uri: string): string | undefined {
    return this.pathByUri.get(uri);
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

async function configurationPath(uri: string): Promise<string | undefined> {
  const path = pathOf(uri);
  const kind = path === undefined ? undefined : kindOf(path);
  return path !== undefined && kind === "project" ? await resolved(path) : kind && path;
}

/** Path of a file address; undefined for unsaved and remote documents. */
function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    // Not an address of a file on this machine.
    return undefined;
  }
}
