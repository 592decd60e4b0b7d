import { stringify } from "smol-toml";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { parseKeyPath } from "#core/config/names/keyPath.ts";
import { explain, explanationText } from "#core/config/provenance/explain.ts";
import { type OriginLink, originsToml } from "#core/config/provenance/originsToml.ts";
import { hostFacts } from "#helper/config/hostFacts.ts";
import { type ReadConfigResult, readConfig } from "#helper/config/read.ts";
import { currentDirectory } from "#helper/sandbox/project.ts";
import type { Effective } from "#shared/protocol/effective.ts";
import { usageError } from "../errors.ts";
import { printResult } from "../output.ts";
import { showPath } from "./showPath.ts";

export type PrintFlags = { json?: boolean; origins?: boolean; explain?: string };

/** What the files of the current directory amount to, or the story of one key. */
export async function printConfig(flags: PrintFlags): Promise<void> {
  const result = await readConfig(currentDirectory());
  for (const diagnostic of result.diagnostics) {
    process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  }
  const { config } = result;
  if (config === undefined) process.exitCode = 2;
  if (flags.explain !== undefined) return printExplanation(flags.explain, result, flags.json);
  if (flags.origins) return printOrigins(result, flags.json);
  if (config === undefined) return;
  await printResult(flags.json ? json(config) : stringify(config));
}

/** A key can be explained also while another one is wrong. */
function printExplanation(
  key: string,
  { effective, provenance }: ReadConfigResult,
  asJson: boolean | undefined,
): Promise<void> {
  const segments = parseKeyPath(key);
  if (segments === undefined) throw usageError(`\`${key}\` is not a key, such as vm.memory.`);
  const explanation = explain(segments, { effective, provenance, host: hostFacts() });
  if ("unknown" in explanation) {
    const { unknown, suggestion } = explanation;
    const hint = suggestion === undefined ? undefined : `Did you mean \`${suggestion}\`?`;
    throw usageError(`There is no key \`${unknown}\`.`, hint);
  }
  return printResult(asJson ? json(explanation) : explanationText(explanation, showPath));
}

/** Beside errors, what the rest amounts to: whoever looks for their cause needs it most. */
async function printOrigins(
  { config, effective, provenance }: ReadConfigResult,
  asJson: boolean | undefined,
): Promise<void> {
  if (effective === undefined) return;
  const hasErrors = config === undefined;
  const { text, links } = originsToml(effective, provenance, showPath);
  if (!asJson) return printResult(hasErrors ? `# ${partly}\n\n${text}` : text);
  const values = provenance.values(effective).map(({ segments: _, ...value }) => value);
  const targets = links.flatMap(linkTarget);
  const { presets } = provenance;
  await printResult(json({ hasErrors, presets, values, text, links: targets }));
}

const partly = "The configuration has errors; this is what the rest of it amounts to.";

/** Presets have no file of their own: what can be opened is the file that asks for one. */
function linkTarget({ line, column, text, origin }: OriginLink): Effective["links"] {
  const { path, range } = origin.askedBy ?? origin;
  if (path === undefined || range === undefined) return [];
  return [{ line, column, text, path, start: range.start }];
}

function json(value: unknown): string {
  const exact = (_: string, each: unknown) => (typeof each === "bigint" ? String(each) : each);
  return `${JSON.stringify(value, exact, 2)}\n`;
}
