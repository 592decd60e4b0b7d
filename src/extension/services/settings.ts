import * as vscode from "vscode";
import { type SettingContribution, settings } from "#shared/contributions.ts";
import type { MachineOptions } from "./program.ts";

/** The value of a setting for a folder, of the type that its declaration has. */
export function readSetting<Value extends string | number | boolean>(
  setting: SettingContribution<Value>,
  scope?: vscode.ConfigurationScope,
): Value {
  return vscode.workspace
    .getConfiguration(undefined, scope)
    .get<Value>(setting.id, setting.default);
}

/** The settings that decide how machines run. */
export function readMachineOptions(scope?: vscode.ConfigurationScope): MachineOptions {
  return {
    accelerator: readSetting(settings.accelerator, scope),
    qemuPath: readSetting(settings.qemuPath, scope),
    warmStart: readSetting(settings.warmStart, scope),
    warmStartMaxSize: readSetting(settings.warmStartMaxSize, scope),
  };
}
