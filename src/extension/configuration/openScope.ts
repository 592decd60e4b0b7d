import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { configurationExtensions } from "#shared/contributions.ts";
import { createFile } from "./create.ts";

const userTemplate = `# What holds for the sandboxes of all your projects; a project's own files go over it.
# Mounts, variables and other grants of this file are not asked about: only you can write it.
`;

const localTemplate = `# Your own changes to this project's sandbox, over airlock.toml. Keep this file out of Git.
`;

/** Opens the user's file for all projects, creating it when there is none. */
export function openUserConfiguration(): Promise<void> {
  const stems = [join(homedir(), ".airlock"), join(homedir(), ".airlock", "config")];
  return openFirst(stems, userTemplate);
}

/** Opens the folder's file that is the user's own, creating it when there is none. */
export function openLocalConfiguration(folder: vscode.WorkspaceFolder): Promise<void> {
  return openFirst([join(folder.uri.fsPath, "airlock.local")], localTemplate);
}

/** Opens the first of these files; else makes the last as TOML. */
async function openFirst(stems: readonly string[], template: string): Promise<void> {
  const candidates = stems.flatMap((stem) =>
    configurationExtensions.map((extension) => `${stem}.${extension}`),
  );
  const uri = vscode.Uri.file(candidates.find(existsSync) ?? `${stems.at(-1)}.toml`);
  if (!existsSync(uri.fsPath) && !(await createFile(uri, template))) return;
  await vscode.window.showTextDocument(uri);
}
