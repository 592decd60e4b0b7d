import { randomBytes } from "node:crypto";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { commands } from "#shared/contributions.ts";
import type { Usage } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import type { Logger } from "#shared/log.ts";
import {
  type PanelAction,
  type PanelMessage,
  panelEvents,
  panelRequests,
  type UsageSample,
} from "#shared/protocol/panel.ts";
import type { FolderSandbox, Sessions } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore, onDispose } from "../services/disposables.ts";
import { inBackground } from "../services/inBackground.ts";
import type { Program } from "../services/program.ts";
import { EffectivePart } from "./effectivePart.ts";
import { panelHtml } from "./html.ts";
import { Responder } from "./responder.ts";
import { snapshotOf, usageSample } from "./snapshot.ts";

/** Samples kept for the graphs: one minute. */
const historyLength = 60;
const usageIntervalMs = 1_000;

/** Fills a webview panel with one sandbox and keeps it current until the panel is closed. */
export class SandboxPanel implements Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #sandbox: FolderSandbox;
  readonly #store = new DisposableStore();
  readonly #effective: EffectivePart;
  readonly #logger: Logger;
  #history: UsageSample[] = [];
  #usage: AbortController | undefined;

  constructor(panel: vscode.WebviewPanel, sandbox: FolderSandbox, parts: PanelParts) {
    this.#panel = panel;
    this.#sandbox = sandbox;
    this.#logger = parts.logger;
    panel.iconPath = {
      light: vscode.Uri.joinPath(parts.extensionUri, "media", "panel-light.svg"),
      dark: vscode.Uri.joinPath(parts.extensionUri, "media", "panel-dark.svg"),
    };
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(parts.extensionUri, "dist", "webview")],
    };
    this.#effective = this.#store.add(
      new EffectivePart({
        ...{ folder: sandbox.folder.uri.fsPath, program: parts.program, logger: parts.logger },
        isVisible: () => panel.visible,
        onChange: (params) =>
          this.#post({ type: "event", name: panelEvents.effective.name, params }),
      }),
    );
    const responder = this.#responder();
    this.#store.add(
      panel.webview.onDidReceiveMessage(async (message) => {
        const answer = await responder.answer(message);
        if (answer !== undefined) this.#post(answer);
      }),
    );
    this.#store.add(parts.sessions.onDidChange(() => this.#changed()));
    this.#store.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#changed()));
    this.#store.add(
      panel.onDidChangeViewState(() => {
        this.#followUsage();
        this.#effective.looked();
      }),
    );
    this.#store.add(onDispose(() => this.#usage?.abort()));
    panel.webview.html = this.#page(parts.extensionUri);
    this.#followUsage();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #responder(): Responder {
    const responder = new Responder();
    responder.on(panelRequests.load, async () => {
      await this.#sandbox.session.inspect();
      return { snapshot: this.#snapshot(), usage: this.#history };
    });
    responder.on(panelRequests.effective, () => this.#effective.view());
    responder.on(panelRequests.openOrigin, async ({ target }) => {
      await this.#effective.open(target);
      return {};
    });
    responder.on(panelRequests.act, async ({ action }) => {
      inBackground(action, this.#act(action), this.#logger);
      return {};
    });
    return responder;
  }

  #act(action: PanelAction): Thenable<unknown> {
    if (action === "trust") return vscode.commands.executeCommand("workbench.trust.manage");
    if (action === "copyDigest") {
      return vscode.env.clipboard.writeText(this.#sandbox.session.state.status?.image.digest ?? "");
    }
    const command = actionCommands[action];
    return vscode.commands.executeCommand(command.id, this.#sandbox.folder.uri);
  }

  #changed(): void {
    this.#post({ type: "event", name: panelEvents.changed.name, params: this.#snapshot() });
    this.#followUsage();
  }

  #snapshot() {
    const { folder, configured, hasProjectFile, session } = this.#sandbox;
    const facts = {
      folder: folder.uri.toString(),
      folderName: folder.name,
      configured,
      hasProjectFile,
      trusted: vscode.workspace.isTrusted,
    };
    return snapshotOf(facts, session.state);
  }

  /** Measures only while somebody looks at a running sandbox. */
  #followUsage(): void {
    const wanted = this.#panel.visible && this.#sandbox.session.state.kind === "running";
    if (!wanted) {
      this.#usage?.abort();
      this.#usage = undefined;
      if (this.#sandbox.session.state.kind !== "running") this.#history = [];
      return;
    }
    if (this.#usage !== undefined) return;
    const usage = new AbortController();
    this.#usage = usage;
    const add = async (measured: Usage) => {
      const sample = usageSample(measured, await diskImageBytes(this.#sandbox.session.folder));
      if (usage.signal.aborted) return;
      this.#history = [...this.#history, sample].slice(-historyLength);
      this.#post({ type: "event", name: panelEvents.usage.name, params: sample });
    };
    void this.#sandbox.session
      .followUsage(usageIntervalMs, usage.signal, (measured) => void add(measured))
      .finally(() => {
        if (this.#usage === usage) this.#usage = undefined;
      });
  }

  #post(message: PanelMessage): void {
    if (!this.#store.disposed) void this.#panel.webview.postMessage(message);
  }

  #page(extensionUri: vscode.Uri): string {
    const { webview, title } = this.#panel;
    const file = (name: string) =>
      webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, "dist", "webview", name)).toString();
    return panelHtml({
      nonce: randomBytes(16).toString("hex"),
      cspSource: webview.cspSource,
      script: file("panel.js"),
      style: file("panel.css"),
      title,
    });
  }
}

/** The status has what it was when the sandbox became ready, and a disk grows. */
async function diskImageBytes(folder: string): Promise<number | null> {
  const found = await lstat(join(folder, ".airlock", "sandbox", "disk.img")).catch(() => undefined);
  // Blocks are of 512 bytes on every system.
  return found === undefined ? null : found.blocks * 512;
}

export type PanelParts = {
  extensionUri: vscode.Uri;
  sessions: Sessions;
  program: Program;
  logger: Logger;
};

const actionCommands = {
  start: commands.start,
  stop: commands.stop,
  suspend: commands.suspend,
  discardSuspended: commands.discardSuspended,
  restart: commands.restart,
  terminal: commands.openTerminal,
  configuration: commands.openConfiguration,
  createConfiguration: commands.createConfiguration,
  logs: commands.showLogs,
  doctor: commands.doctor,
  effective: commands.showEffectiveConfiguration,
} as const;
