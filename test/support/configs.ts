// Loads configurations from literals and shows what was found in them.
import assert from "node:assert/strict";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { type ConfigResult, loadConfig } from "#core/config/load.ts";
import type { PresetTexts } from "#core/config/presets.ts";
import type { Config } from "#core/config/schema.ts";
import type { ConfigSource, HostFacts } from "#core/config/types.ts";

export const linuxHost: HostFacts = {
  platform: "linux",
  cpus: 8,
  memoryBytes: 16 * 1024 ** 3,
};

type Options = { host?: Partial<HostFacts>; presets?: PresetTexts };

/** Loads files given by name; `.local` files are local ones, names with `~` the user's. */
export function load(files: Readonly<Record<string, string>>, options: Options = {}): ConfigResult {
  const sources = Object.entries(files).map(
    ([path, text]): ConfigSource => ({ scope: scopeOf(path), path, text }),
  );
  return loadConfig(sources, { ...linuxHost, ...options.host }, { texts: options.presets });
}

/** The configuration of one TOML text that has to be valid. */
export function loadToml(text: string, options: Options = {}): Config {
  return configOf(load({ "airlock.toml": text }, options));
}

export function loadJson(value: unknown, options: Options = {}): Config {
  return configOf(load({ "airlock.json": JSON.stringify(value) }, options));
}

/** What is said about one TOML text, one line per finding. */
export function findings(text: string, options: Options = {}): string[] {
  return lines(load({ "airlock.toml": text }, options));
}

export function lines({ diagnostics }: ConfigResult): string[] {
  return diagnostics.map(formatDiagnostic);
}

export function configOf(result: ConfigResult): Config {
  assert.ok(result.config, lines(result).join("\n"));
  return result.config;
}

export function scopeOf(path: string): ConfigSource["scope"] {
  if (path.includes("~")) return "user";
  return path.includes(".local.") ? "local" : "project";
}
