// `npm run bench -- language`: how long answers take while somebody types, in files of 1,000 and 10,000 lines.
import { loadConfig } from "#core/config/load.ts";
import { completeAt } from "#core/language/completion/complete.ts";
import { readModel } from "#core/language/model/read.ts";
import { linuxHost } from "#test/support/configs.ts";
import { languageContext } from "#test/support/language.ts";

const rounds = 40;

export async function benchLanguage(): Promise<undefined> {
  for (const lineCount of [1000, 10_000]) {
    for (const format of ["toml", "json", "yaml"] as const) {
      const { path, text, offset } = documentOf(lineCount, format);
      const context = languageContext(path, text);
      const complete = p95(() => completeAt({ ...context, model: readModel(path, text) }, offset));
      const diagnose = p95(() => loadConfig([{ scope: "project", path, text }], linuxHost));
      const figures = `completion ${complete.toFixed(1)} ms, diagnostics ${diagnose.toFixed(1)} ms`;
      process.stdout.write(`${format}, ${lineCount} lines, p95 of ${rounds}: ${figures}\n`);
    }
  }
}

/** A file of rules with the cursor in the middle, at the beginning of a key. */
function documentOf(lineCount: number, format: "toml" | "json" | "yaml") {
  const names = Array.from({ length: lineCount / 4 }, (_, index) => `rule-${index}`);
  const path = `airlock.${format}`;
  if (format === "toml") {
    const blocks = names.map(
      (name) => `[network.rules.${name}]\nallow = ["${name}.example"]\nen\n`,
    );
    const middle = blocks.slice(0, blocks.length / 2).join("\n");
    const text = blocks.join("\n").replaceAll("\nen\n", "\nenabled = true\n");
    return { path, text, offset: middle.replaceAll("\nen\n", "\nenabled = true\n").length - 12 };
  }
  const rules = Object.fromEntries(
    names.map((name) => [name, { allow: [`${name}.example`], enabled: true }]),
  );
  const json = JSON.stringify({ network: { rules } }, undefined, 1);
  const text = format === "json" ? json : toYaml(names);
  return { path, text, offset: text.indexOf("enabled", text.length / 2) + 2 };
}

function toYaml(names: readonly string[]): string {
  const blocks = names.map(
    (name) => `    ${name}:\n      allow:\n        - ${name}.example\n      enabled: true\n`,
  );
  return `network:\n  rules:\n${blocks.join("")}`;
}

function p95(run: () => unknown): number {
  run();
  const times = Array.from({ length: rounds }, () => {
    const startedAt = performance.now();
    run();
    return performance.now() - startedAt;
  });
  return times.sort((a, b) => a - b)[Math.floor(rounds * 0.95)] ?? 0;
}
