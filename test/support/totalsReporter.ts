// A node:test reporter that writes what a run counted, for the end of `npm test`: a line of JSON after each
// test, of which the last counts. A run that is killed at its deadline has told until then, and has shown why
// its tests failed.
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

type TestFail = Extract<TestEvent, { type: "test:fail" }>["data"];
type TestPass = Extract<TestEvent, { type: "test:pass" }>["data"];

/** What one runner counted. */
export type Totals = {
  passed: number;
  failed: number;
  skipped: number;
  /** Names of failed tests with their file. */
  failures: string[];
  /** Names of skipped tests with the reason. */
  skips: string[];
};

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter from the default export
export default async function* totalsReporter(
  source: AsyncIterable<TestEvent>,
): AsyncGenerator<string> {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
  for await (const event of source) {
    if (event.type !== "test:fail" && event.type !== "test:pass") continue;
    if (event.type === "test:fail") countFailure(event.data, totals);
    else countPass(event.data, totals);
    yield `${JSON.stringify(totals)}\n`;
  }
}

function countFailure({ name, file, details }: TestFail, totals: Totals): void {
  // A suite fails with its tests; it counts only when nothing below it says why.
  if (details.type === "suite" && onlyBecauseOfSubtests(details.error)) return;
  totals.failed += 1;
  totals.failures.push(`${name} (${file ?? "unknown file"})`);
  process.stderr.write(`why "${name}" failed: ${inspect(details.error.cause ?? details.error)}\n`);
}

function countPass({ name, details, skip, todo }: TestPass, totals: Totals): void {
  if (details.type === "suite") return;
  if (isWholeFile(name)) {
    totals.failed += 1;
    totals.failures.push(`${name}: the file has no test`);
  } else if (skip !== undefined || todo !== undefined) {
    totals.skipped += 1;
    totals.skips.push(`${name}: ${reasonOf(skip ?? todo)}`);
  } else {
    totals.passed += 1;
  }
}

/** Node reports a file in which no test was declared as one passed test with the file's name. */
function isWholeFile(name: string): boolean {
  return name.endsWith(".test.ts");
}

function onlyBecauseOfSubtests(error: Error): boolean {
  return "failureType" in error && error.failureType === "subtestsFailed";
}

function reasonOf(mark: string | boolean | undefined): string {
  return typeof mark === "string" && mark !== "" ? mark : "no reason given";
}
