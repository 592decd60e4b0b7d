// What the runners counted, read from their reports and added up.
import type { Totals } from "#test/support/totalsReporter.ts";

/** No test at all. */
export function noTotals(): Totals {
  return { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
}

/** One failed test with the given description. */
export function oneFailure(description: string): Totals {
  return { ...noTotals(), failed: 1, failures: [description] };
}

/** The sum of two counts. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
    skips: [...a.skips, ...b.skips],
  };
}

/** The last line of a run, such as `12 passed, 0 failed, 1 skipped`. */
export function formatTotals({ passed, failed, skipped }: Totals): string {
  const skips = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${passed} passed, ${failed} failed${skips}`;
}

type GoEvent = {
  Action: string;
  Package?: string;
  ImportPath?: string;
  Test?: string;
  Output?: string;
};

/** Reads the events of `go test -json`. A package that fails without a failing test counts as one failure. */
export function goTotals(report: string): Totals {
  const totals = noTotals();
  const failedPackages = new Set<string>();
  const output = new Map<string, string>();
  for (const event of goEvents(report)) {
    const name = `${event.Package ?? event.ImportPath ?? ""} ${event.Test ?? ""}`.trim();
    if (event.Action === "output") output.set(name, (output.get(name) ?? "") + event.Output);
    if (event.Test !== undefined)
      countGoTest(event.Action, { name, output: output.get(name) ?? "" }, totals);
    if (/^(build-)?fail$/.test(event.Action)) failedPackages.add(name);
  }
  const unexplained = [...failedPackages].filter((name) => !isExplained(name, totals));
  return unexplained
    .map((name) => oneFailure(`${name}\n${output.get(name) ?? ""}`))
    .reduce(addTotals, totals);
}

function isExplained(packageName: string, totals: Totals): boolean {
  return totals.failures.some((failure) => failure.startsWith(packageName));
}

function goEvents(report: string): GoEvent[] {
  return report
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as GoEvent);
}

function countGoTest(
  action: string,
  { name, output }: { name: string; output: string },
  totals: Totals,
): void {
  if (action === "pass") totals.passed += 1;
  if (action === "fail") {
    totals.failed += 1;
    totals.failures.push(`${name}\n${output}`);
  }
  if (action === "skip") {
    totals.skipped += 1;
    totals.skips.push(`${name}: ${output.replaceAll(/^(=== |--- ).*\n?/gm, "").trim()}`);
  }
}
