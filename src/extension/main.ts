import { type Lap, sinceLoaded, startStopwatch } from "./services/stopwatch.ts";
// The stopwatch comes first, so that the measured time has all other modules in it.

import type * as vscode from "vscode";
import { reportScheme } from "#shared/contributions.ts";
import { ApprovalDiffs } from "./approval/diffs.ts";
import { registerCommands } from "./commands/register.ts";
import { watchFailures } from "./commands/watchFailures.ts";
import type { Window } from "./commands/window.ts";
import { EffectiveConfigurations } from "./configuration/effective.ts";
import { createLanguageClient } from "./language/client.ts";
import { Panels } from "./panel/panels.ts";
import { Sessions } from "./sandboxes/sessions.ts";
import { DisposableStore } from "./services/disposables.ts";
import { createLog } from "./services/log.ts";
import { ReadOnlyDocuments } from "./services/readOnlyDocuments.ts";
import { RegistrySecrets } from "./signIn/ask.ts";
import { createStatusBar } from "./status/statusBar.ts";
import { closeTerminalsOnStop } from "./terminal/closeOnStop.ts";
import { contributePath, registerTerminalProfile } from "./terminal/terminal.ts";

const load = sinceLoaded();

/** Builds the parts and wires them up; what each does is its own. */
export function activate(context: vscode.ExtensionContext): void {
  const sinceActivated = startStopwatch();
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const log = createLog(store);
  const program = { nodePath: process.execPath, extensionPath: context.extensionPath };
  const sessions = store.add(new Sessions(program, log.logger));
  const { extensionUri } = context;
  const panels = store.add(new Panels({ extensionUri, sessions, program, logger: log.logger }));
  const approvals = store.add(new ApprovalDiffs());
  const reports = store.add(new ReadOnlyDocuments(reportScheme));
  const effective = store.add(new EffectiveConfigurations(program));
  const memory = context.globalState;
  const secrets = new RegistrySecrets(context.secrets);
  const terminals = store.add(closeTerminalsOnStop(sessions, context.workspaceState));
  const window: Window = {
    terminals,
    sessions,
    program,
    log,
    approvals,
    reports,
    effective,
    secrets,
    memory,
  };
  store.add(registerCommands(window, panels));
  store.add(registerTerminalProfile(window));
  store.add(createStatusBar(sessions));
  store.add(createLanguageClient(context.extensionPath, sessions, log.logger));
  store.add(watchFailures(window));
  contributePath(context, program);
  log.logger.info(`activated: load ${lapText(load)}, activate ${lapText(sinceActivated())}`);
}

function lapText({ ms, cpuMs }: Lap): string {
  return `${ms.toFixed(1)} ms (${cpuMs.toFixed(1)} ms of CPU)`;
}
