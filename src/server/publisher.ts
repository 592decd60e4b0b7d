import type { Connection } from "vscode-languageserver/node";
import { diagnose } from "./diagnose.ts";
import type { OpenFiles } from "./openFiles.ts";
import type { Projects } from "./projects.ts";
import { toProtocolDiagnostic } from "./protocol.ts";

/** Sends the editor what is wrong, some time after something has changed. */
export class Publisher {
  private readonly connection: Connection;
  private readonly openFiles: OpenFiles;
  private readonly projects: Projects;
  private readonly delayMs: number;
  private readonly published = new Set<string>();
  private changeCount = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    connection: Connection,
    parts: { openFiles: OpenFiles; projects: Projects; delayMs: number },
  ) {
    this.connection = connection;
    this.openFiles = parts.openFiles;
    this.projects = parts.projects;
    this.delayMs = parts.delayMs;
  }

  schedule(): void {
    this.changeCount += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.running = this.running
        .then(() => this.publish())
        .catch((error: unknown) => {
          this.connection.console.error(`diagnostics failed: ${String(error)}`);
        });
    }, this.delayMs);
  }

  private async publish(): Promise<void> {
    const { openFiles, connection, changeCount } = this;
    await openFiles.refresh();
    const found = await diagnose(openFiles, this.projects, () => this.changeCount === changeCount);
    // What has changed meanwhile is looked at soon.
    if (found === undefined) return;
    const uriOf = (path: string) => openFiles.uri(path);
    const uris = new Map([...found].map(([path, list]) => [uriOf(path), list]));
    for (const uri of this.published) {
      if (uris.has(uri)) continue;
      this.published.delete(uri);
      await connection.sendDiagnostics({ uri, diagnostics: [] });
    }
    for (const [uri, list] of uris) {
      this.published.add(uri);
      const diagnostics = list.map((each) => toProtocolDiagnostic(each, uriOf));
      await connection.sendDiagnostics({ uri, diagnostics });
    }
  }
}
