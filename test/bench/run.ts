// `npm run bench [-- sandbox|image|language]`: the figures of docs/benchmarks.md, each against a yardstick that is
// measured in the same run. Without a name all are measured.
import { imageFigures } from "./image.ts";
import { languageFigures, printOtherFormats } from "./language.ts";
import { writeImageReport, writeLanguageReport } from "./report.ts";

const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  language: async () => {
    const rounds = Number(process.env.AIRLOCK_BENCH_ROUNDS ?? 40);
    writeLanguageReport(await languageFigures(rounds), rounds);
    await printOtherFormats(rounds);
  },
  sandbox: () => import("./sandbox.ts"),
  image: async () => {
    const rounds = Number(process.env.AIRLOCK_BENCH_ROUNDS ?? 3);
    writeImageReport(await imageFigures(rounds), rounds);
  },
};

const selection = process.argv.slice(2);
const unknown = selection.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  throw new Error(`no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`);
}
for (const [name, run] of Object.entries(benches)) {
  if (selection.length === 0 || selection.includes(name)) await run();
}
