import * as vscode from "vscode";
import { commands } from "#shared/contributions.ts";
import { createConfiguration } from "../configuration/create.ts";
import { openConfiguration } from "../configuration/open.ts";
import { openLocalConfiguration, openUserConfiguration } from "../configuration/openScope.ts";
import { pruneImages } from "../images/prune.ts";
import type { Panels } from "../panel/panels.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { isActive } from "../sandboxes/state.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { openTerminal, runInTerminal } from "../terminal/terminal.ts";
import { showDoctor } from "./doctor.ts";
import { restartSandbox, stopSandbox, toggleSandbox } from "./lifecycle.ts";
import { showLogs } from "./logs.ts";
import { removeSandbox } from "./remove.ts";
import { startSandbox } from "./start.ts";
import { discardSuspended, suspendSandbox } from "./suspend.ts";
import { namedOrFocused, sandboxFor, type Window } from "./window.ts";

type CommandName = keyof typeof commands;
type Run = (sandbox: FolderSandbox) => unknown;

/** Registers every command. An argument, the URI of a folder or file, names the sandbox; else the user chooses. */
export function registerCommands(window: Window, panels: Panels): Disposable {
  const store = new DisposableStore();
  const on = (name: CommandName, run: (argument?: unknown) => unknown) =>
    store.add(vscode.commands.registerCommand(commands[name].id, run));
  const onSandbox = (name: CommandName, among: (s: FolderSandbox) => boolean, run: Run) =>
    on(name, async (argument) => {
      const choice = { title: commands[name].title, among, none: nothingToDo[name] ?? "" };
      const sandbox = await sandboxFor(window, argument, choice);
      if (sandbox !== undefined) await run(sandbox);
    });
  const active = ({ session }: FolderSandbox) => isActive(session.state);
  const running = ({ session }: FolderSandbox) => session.state.kind === "running";
  const suspended = ({ session }: FolderSandbox) => session.state.kind === "suspended";
  const any = () => true;

  onSandbox(
    "start",
    (s) => !active(s),
    (s) => startSandbox(window, s),
  );
  onSandbox("stop", active, (s) => stopSandbox(window, s));
  onSandbox("suspend", running, (s) => suspendSandbox(window, s));
  onSandbox("discardSuspended", suspended, (s) => discardSuspended(window, s));
  onSandbox("restart", active, (s) => restartSandbox(window, s));
  onSandbox("openTerminal", any, (s) => openTerminal(window, s));
  onSandbox("runCommand", any, (s) => runInTerminal(window, s));
  onSandbox("openPanel", any, (s) => panels.open(s));
  onSandbox(
    "openConfiguration",
    (s) => s.hasProjectFile,
    (s) => openConfiguration(s.folder),
  );
  onSandbox("openLocalConfiguration", any, (s) => openLocalConfiguration(s.folder));
  on("openUserConfiguration", openUserConfiguration);
  onSandbox("showEffectiveConfiguration", any, (s) => window.effective.show(s.folder));
  onSandbox(
    "createConfiguration",
    (s) => !s.hasProjectFile,
    (s) => createConfiguration(s.folder, { reveal: true }),
  );
  onSandbox("remove", any, (s) => removeSandbox(window, s));
  on("toggle", (argument) => {
    const sandbox = namedOrFocused(window, argument);
    return sandbox && toggleSandbox(window, sandbox);
  });
  on("showLogs", (argument) => showLogs(window, namedOrFocused(window, argument)));
  on("approve", (argument) => window.approvals.answer(argument, true));
  on("refuse", (argument) => window.approvals.answer(argument, false));
  on("pruneImages", () => pruneImages(window));
  on("doctor", () => showDoctor(window));
  return store;
}

const nothingToDo: Partial<Record<CommandName, string>> = {
  start: "Every sandbox of this window is running already.",
  stop: "No sandbox of this window is running.",
  suspend: "No sandbox of this window is running.",
  discardSuspended: "No sandbox of this window is suspended.",
  restart: "No sandbox of this window is running.",
  openConfiguration: "No folder of this window has an airlock.toml yet.",
  createConfiguration: "Every folder of this window has a configuration of the project already.",
};
