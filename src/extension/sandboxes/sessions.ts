import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { configurationExtensions, configurationGlob } from "#shared/contributions.ts";
import type { Logger } from "#shared/log.ts";
import { setContextKey } from "../services/contextKeys.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { Emitter } from "../services/emitter.ts";
import type { Program } from "../services/program.ts";
import { SandboxSession } from "./session.ts";
import { isActive } from "./state.ts";

/** A workspace folder with its session. */
export type FolderSandbox = {
  folder: vscode.WorkspaceFolder;
  session: SandboxSession;
  /** Whether the folder has an `airlock.*` file, `airlock.local.*` among them: it can be started. */
  configured: boolean;
  /** Whether it has the project's own `airlock.*` file. */
  hasProjectFile: boolean;
};

/** Attempts to reach a supervisor whose files have just appeared. */
const patience = 5;

/** The sandboxes of this window: one session per workspace folder on this machine. */
export class Sessions implements Disposable {
  readonly #store = new DisposableStore();
  readonly #entries = new Map<string, FolderSandbox & { store: DisposableStore }>();
  readonly #changes = new Emitter<void>();
  readonly #program: Program;
  readonly #logger: Logger;

  /** Any state, any folder or any configuration file changed. */
  readonly onDidChange = this.#changes.event;

  constructor(program: Program, logger: Logger) {
    this.#program = program;
    this.#logger = logger;
    for (const folder of vscode.workspace.workspaceFolders ?? []) this.#add(folder);
    this.#store.add(
      vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        for (const folder of removed) this.#remove(folder);
        for (const folder of added) this.#add(folder);
        this.#update();
      }),
    );
    this.#update();
  }

  get all(): FolderSandbox[] {
    return [...this.#entries.values()];
  }

  find(folder: vscode.Uri | undefined): FolderSandbox | undefined {
    return folder === undefined ? undefined : this.#entries.get(folder.toString());
  }

  /** The sandbox that the user most likely means: the active editor's, else a running one. */
  get focused(): FolderSandbox | undefined {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const inEditor = uri && this.find(vscode.workspace.getWorkspaceFolder(uri)?.uri);
    const { all } = this;
    return (
      inEditor ??
      all.find(({ session }) => isActive(session.state)) ??
      all.find(({ configured }) => configured) ??
      all[0]
    );
  }

  dispose(): void {
    for (const { store } of this.#entries.values()) store.dispose();
    this.#entries.clear();
    this.#store.dispose();
  }

  #add(folder: vscode.WorkspaceFolder): void {
    if (folder.uri.scheme !== "file") return;
    const store = new DisposableStore();
    const options = { folder: folder.uri.fsPath, program: this.#program, logger: this.#logger };
    const session = store.add(new SandboxSession(options));
    const entry = { folder, session, store, ...filesOf(folder) };
    this.#entries.set(folder.uri.toString(), entry);
    store.add(session.onDidChange(() => this.#update()));
    store.add(
      watch(folder, ".airlock/sandbox/{run.json,cli.sock,suspended-*}", () =>
        refresh(session, patience),
      ),
    );
    store.add(
      watch(folder, configurationGlob, () => {
        Object.assign(entry, filesOf(folder));
        this.#update();
        // Only where somebody has looked at the sandbox before.
        if (session.state.status !== null) void session.inspect();
      }),
    );
    if (existsSync(join(folder.uri.fsPath, ".airlock", "sandbox"))) void refresh(session, 1);
  }

  #remove(folder: vscode.WorkspaceFolder): void {
    this.#entries.get(folder.uri.toString())?.store.dispose();
    this.#entries.delete(folder.uri.toString());
  }

  #update(): void {
    const { all } = this;
    const active = all.filter(({ session }) => isActive(session.state));
    const idle = all.filter((entry) => !active.includes(entry));
    const paths = (entries: FolderSandbox[]) => entries.map(({ folder }) => folder.uri.fsPath);
    setContextKey("activeFolders", paths(active));
    setContextKey("idleFolders", paths(idle));
    setContextKey("anyActive", active.length > 0);
    setContextKey(
      "anySuspended",
      idle.some(({ session }) => session.state.kind === "suspended"),
    );
    setContextKey("allActive", all.length > 0 && idle.length === 0);
    const every = (has: (entry: FolderSandbox) => boolean) => all.length > 0 && all.every(has);
    setContextKey(
      "anyConfiguration",
      all.some(({ configured }) => configured),
    );
    setContextKey(
      "anyProjectFile",
      all.some(({ hasProjectFile }) => hasProjectFile),
    );
    setContextKey(
      "allProjectFiles",
      every(({ hasProjectFile }) => hasProjectFile),
    );
    this.#changes.emit();
  }
}

/** Mirrors what runs, or finds out about what is suspended: looking at a stopped one costs a process. */
async function refresh(session: SandboxSession, attempts: number): Promise<void> {
  if (await session.attach(attempts)) return;
  const directory = join(session.folder, ".airlock", "sandbox");
  const names = await readdir(directory).catch(() => []);
  const hasSaved = names.some((name) => name.startsWith("suspended-"));
  if (hasSaved !== (session.state.kind === "suspended")) await session.inspect();
}

/** The project's configuration file, or undefined. */
export function projectFile(folder: vscode.WorkspaceFolder): vscode.Uri | undefined {
  return firstFile(folder, "airlock");
}

/** The file that decides whether a folder can be started: the project's, else the user's own in it. */
export function configurationFile(folder: vscode.WorkspaceFolder): vscode.Uri | undefined {
  return projectFile(folder) ?? firstFile(folder, "airlock.local");
}

function firstFile(folder: vscode.WorkspaceFolder, slot: string): vscode.Uri | undefined {
  const name = configurationExtensions
    .map((extension) => `${slot}.${extension}`)
    .find((candidate) => existsSync(join(folder.uri.fsPath, candidate)));
  return name === undefined ? undefined : vscode.Uri.joinPath(folder.uri, name);
}

function filesOf(folder: vscode.WorkspaceFolder) {
  return {
    configured: configurationFile(folder) !== undefined,
    hasProjectFile: projectFile(folder) !== undefined,
  };
}

function watch(folder: vscode.WorkspaceFolder, glob: string, run: () => unknown): Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(folder, glob),
  );
  watcher.onDidCreate(run);
  watcher.onDidChange(run);
  watcher.onDidDelete(run);
  return watcher;
}
