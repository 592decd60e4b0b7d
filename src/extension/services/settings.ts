import * as vscode from "vscode";
import type { SettingContribution } from "#shared/contributions.ts";

/** The value of a setting for a folder, of the type that its declaration has. */
export function readSetting<Value extends string>(
  setting: SettingContribution<Value>,
  scope?: vscode.ConfigurationScope,
): Value {
  return vscode.workspace
    .getConfiguration(undefined, scope)
    .get<Value>(setting.id, setting.default);
}
