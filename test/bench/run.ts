// `npm run bench [-- start|commands|share|editor|image|trace|language]`: the figures of docs/benchmarks.md, each
// against a yardstick that is measured in the same run. Without a name all are measured, in less than ten
// minutes on a quiet machine; `trace` draws docs/start-*.svg.
import { type Section, writeSection } from "./report.ts";

type Bench = (rounds: number) => Promise<Section | undefined>;

const usualRounds = 5;
/** Answers of the language server are short, and their late ones count. */
const roundsOf: Readonly<Record<string, number>> = { language: 30 };

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  start: async () => (await import("./start.ts")).benchStarts,
  commands: async () => (await import("./commands.ts")).benchCommands,
  share: async () => (await import("./share.ts")).benchShare,
  editor: async () => (await import("./editor.ts")).benchEditor,
  image: async () => (await import("./image.ts")).benchImages,
  trace: async () => (await import("./trace/trace.ts")).drawStarts,
  language: async () => (await import("./language.ts")).benchLanguage,
};

const selection = process.argv.slice(2);
const unknown = selection.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  throw new Error(`no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`);
}
for (const [name, load] of Object.entries(benches)) {
  if (selection.length > 0 && !selection.includes(name)) continue;
  const startMs = performance.now();
  const rounds = Number(process.env.AIRLOCK_BENCH_ROUNDS ?? roundsOf[name] ?? usualRounds);
  const section = await (await load())(rounds);
  if (section !== undefined) writeSection(name, section);
  console.log(`${name}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}
