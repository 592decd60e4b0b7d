// Runs the stages named on the command line, all of them without a name, and prints what they counted.
import { runStage } from "./runStage.ts";
import { selectStages } from "./stages.ts";
import { addTotals, formatTotals, noTotals } from "./totals.ts";

const times: string[] = [];
let totals = noTotals();
for (const stage of selectStages(process.argv.slice(2))) {
  console.log(`\n=== ${stage.name}`);
  const startedAt = performance.now();
  const counted = await runStage(stage);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  times.push(`${stage.name.padEnd(18)} ${seconds.padStart(7)} s   ${formatTotals(counted)}`);
  totals = addTotals(totals, counted);
}
console.log(`\n=== summary\n${times.join("\n")}`);
for (const skip of totals.skips) console.log(`skipped: ${skip}`);
for (const failure of totals.failures) console.log(`failed: ${failure}`);
console.log(formatTotals(totals));
process.exitCode = totals.failed > 0 ? 1 : 0;
