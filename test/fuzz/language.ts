// Edits configuration texts at random and asks the language core about them at random places, as an editor does
// at every key. Whatever the text: no exception, no hang, and every answer is about a place inside the text.
import assert from "node:assert/strict";
import { completeAt } from "#core/language/completion/complete.ts";
import { fixesFor } from "#core/language/fixes/fixes.ts";
import { hoverAt } from "#core/language/hover.ts";
import { linksOf } from "#core/language/links.ts";
import { scriptTokens } from "#core/language/lua/scripts.ts";
import type { Span } from "#core/language/model/model.ts";
import { readModel } from "#core/language/model/read.ts";
import { foldsOf, symbolsOf } from "#core/language/symbols.ts";
import { languageContext } from "#test/support/language.ts";
import { pickText, type Random, randomNumbers } from "./config.ts";

export type LanguageFuzzReport = { completions: number; slowestMs: number };

/** A hang, and not only a machine with other things to do. */
const slowAnswerMs = 10_000;
const codes = [
  ...["unknown-key", "removed-key", "missing", "value", "type", "list-grows", "clash"],
  ...["duplicate-entry", "duplicate-key", "disables-nothing", "host", "unknown-preset"],
  ...["contradiction", "never-matches"],
];

/** Asks about `runs` mutated texts; the same seed gives the same questions. */
export function fuzzLanguage(runs: number, seed: number): LanguageFuzzReport {
  const random = randomNumbers(seed);
  Error.stackTraceLimit = 0;
  const loaded = languageContext("airlock.toml", 'presets = ["debian"]\nvm.cpus = 2\n');
  const report: LanguageFuzzReport = { completions: 0, slowestMs: 0 };
  for (let run = 0; run < runs; run++) {
    const { path, text } = pickText(random, [3, 3, 2]);
    const startedAt = performance.now();
    const context = { ...loaded, path, model: readModel(path, text) };
    try {
      report.completions += ask(context, random);
    } catch (error) {
      const name = `seed ${seed}, run ${run}: ${JSON.stringify({ path, text })}`;
      throw new Error(name, { cause: error });
    }
    const ms = performance.now() - startedAt;
    report.slowestMs = Math.max(report.slowestMs, ms);
    assert.ok(ms < slowAnswerMs, `${ms} ms: ${JSON.stringify({ path, text })}`);
  }
  return report;
}

function ask(context: ReturnType<typeof languageContext>, random: Random): number {
  const { text, nodes } = context.model;
  for (const { span, whole } of nodes) assertInside(span, assertInside(whole, text));
  const offset = random(text.length + 1);
  const items = completeAt(context, offset);
  for (const { span } of items) assertInside(span, text);
  for (const { span } of [...linksOf(context), ...scriptTokens(context)]) assertInside(span, text);
  for (const span of foldsOf(context.model)) assertInside(span, text);
  symbolsOf(context.model);
  const hover = hoverAt(context, offset);
  if (hover !== undefined) assertInside(hover.span, text);
  const node = nodes[random(nodes.length)];
  const code = codes[random(codes.length)];
  if (node !== undefined && code !== undefined) {
    const keyPath = node.segments.join(".");
    const fixes = fixesFor(context, { code, keyPath, suggestion: "vm", span: node.span });
    for (const { edits } of fixes) for (const { span } of edits) assertInside(span, text);
  }
  return items.length;
}

function assertInside({ start, end }: Span, text: string): string {
  if (start < 0 || end < start || end > text.length) assert.fail(`${start} to ${end}`);
  return text;
}
