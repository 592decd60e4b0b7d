import * as vscode from "vscode";
import { commands, settings, terminalProfile } from "#shared/contributions.ts";
import { startSandbox } from "../commands/start.ts";
import { chooseSandbox, type Window } from "../commands/window.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import type { Disposable } from "../services/disposables.ts";
import { plainText } from "../services/plainText.ts";
import { binDir, type Program, shellCall } from "../services/program.ts";
import { readSetting } from "../services/settings.ts";

/** Opens a shell in the sandbox, which is started first when it does not run. */
export async function openTerminal(
  window: Window,
  sandbox: FolderSandbox,
): Promise<vscode.Terminal | undefined> {
  if (!(await startSandbox(window, sandbox))) return undefined;
  const terminal = vscode.window.createTerminal(terminalOptions(window.program, sandbox));
  terminal.show();
  return terminal;
}

/** Asks for a command and types it into a new shell of the sandbox, where its output stays. */
export async function runInTerminal(window: Window, sandbox: FolderSandbox): Promise<void> {
  const command = await vscode.window.showInputBox({
    title: commands.runCommand.title,
    prompt: plainText(`Runs in a shell in the sandbox of ${sandbox.folder.name}.`),
    placeHolder: "npm test",
    ignoreFocusOut: true,
  });
  if (!command?.trim()) return;
  const terminal = await openTerminal(window, sandbox);
  terminal?.sendText(command);
}

/** Makes "Airlock Sandbox" one of the profiles in the terminal's menu. */
export function registerTerminalProfile(window: Window): Disposable {
  return vscode.window.registerTerminalProfileProvider(terminalProfile.id, {
    provideTerminalProfile: async () => {
      const sandbox = await chooseSandbox(window, {
        title: terminalProfile.title,
        among: () => true,
        none: "",
      });
      if (sandbox === undefined || !(await startSandbox(window, sandbox))) return undefined;
      return new vscode.TerminalProfile(terminalOptions(window.program, sandbox));
    },
  });
}

/** Puts the `airlock` command on the PATH of this window's terminals. */
export function contributePath(context: vscode.ExtensionContext, program: Program): void {
  const variables = context.environmentVariableCollection;
  variables.description = "Adds the `airlock` command to PATH.";
  const separator = process.platform === "win32" ? ";" : ":";
  variables.append("PATH", `${separator}${binDir(program)}`);
  variables.replace("AIRLOCK_NODE", program.nodePath);
}

/** An ordinary terminal, so that resizing, scrolling and restoring work by themselves. */
function terminalOptions(program: Program, { folder }: FolderSandbox): vscode.TerminalOptions {
  const shell = readSetting(settings.terminalShell, folder);
  const call = shellCall(program, folder.uri.fsPath, shell);
  return {
    name: `Sandbox: ${folder.name}`,
    iconPath: new vscode.ThemeIcon(terminalProfile.icon),
    shellPath: call.command,
    shellArgs: [...call.args],
    cwd: call.cwd,
    env: { ...call.env },
  };
}
