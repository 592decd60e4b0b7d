// `npm run bench -- language`: how long answers of the language server take while somebody types: in TOML against
// Taplo's on the same file with the same schema, in JSON and YAML against our own in TOML. All run as programs;
// their rounds take turns.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documentOf } from "./languageDocuments.ts";
import { type Editor, openOurs, openTaplo } from "./languageEditor.ts";
import { allInTurn, type Cost, meanCpuSeconds, quantile } from "./measure.ts";
import type { Figure, Section } from "./report.ts";

/** What a server does the first times is compiled while it runs, once in a session. */
const warmUps = 20;
/** Here nobody waits for the typing to rest. */
const atOnce = { diagnosticsDelayMs: 0 };

const notes = [
  "These are 95th percentiles: from a key typed in the middle of the file to its proposals, and from an edit to the right problems, without the pause that the server makes while somebody types.",
  "Busy is a server that has just begun to look for problems when the key is typed. Long files have a quarter of the rounds.",
  "All servers are programs that speak over their standard streams; their rounds take turns, after as many that warm them up, and each begins when the others have nothing left to do.",
  "CPU time is the mean of what the server takes for a round: besides the answer, all that it does about the edits, such as looking for problems after a completion.",
  "Taplo runs as WebAssembly here, the form in which its project publishes it as a library.",
];

export async function benchLanguage(rounds: number): Promise<Section> {
  const figures: Figure[] = [];
  for (const lineCount of [1000, 10_000]) {
    // Taplo takes seconds for an answer about the long file.
    const size = { lineCount, rounds: lineCount > 1000 ? Math.ceil(rounds / 4) : rounds };
    figures.push(...(await againstTaplo(size)), ...(await otherFormats(size)));
  }
  return { title: "Language server", rounds, figures, notes };
}

type Size = { lineCount: number; rounds: number };

function againstTaplo({ lineCount, rounds }: Size): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const document = documentOf(lineCount, "toml");
    const typing = await openOurs(document, folder);
    const ours = await openOurs(document, folder, atOnce);
    const taplo = await openTaplo(document, folder);
    const works = {
      completion: [typing, taplo].map((each) => () => each.complete()),
      "completion of a busy server": [ours, taplo].map((each) => () => each.completeWhileBusy()),
      diagnostics: [ours, taplo].map((each) => () => each.diagnose()),
    };
    const figures: Figure[] = [];
    for (const [what, each] of Object.entries(works)) {
      const [own = [], theirs = []] = await measured(rounds, each);
      const against = "Taplo's language server with our schema";
      figures.push({ ...figure([what, "TOML", lineCount], own, theirs), against });
    }
    await closeAll([typing, ours, taplo]);
    return figures;
  });
}

/** The formats for which there is no other server that our checks could be compared with. */
function otherFormats({ lineCount, rounds }: Size): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const documents = (["toml", "json", "yaml"] as const).map((each) =>
      documentOf(lineCount, each),
    );
    const open = (options: object) =>
      Promise.all(documents.map((each) => openOurs(each, folder, options)));
    const [typing, checking] = [await open({}), await open(atOnce)];
    const works = {
      completion: typing.map((each) => () => each.complete()),
      diagnostics: checking.map((each) => () => each.diagnose()),
    };
    const figures: Figure[] = [];
    for (const [what, each] of Object.entries(works)) {
      const [toml = [], json = [], yaml = []] = await measured(rounds, each);
      const against = "the same in TOML";
      figures.push({ ...figure([what, "JSON", lineCount], json, toml), against });
      figures.push({ ...figure([what, "YAML", lineCount], yaml, toml), against });
    }
    await closeAll([...typing, ...checking]);
    return figures;
  });
}

async function measured(rounds: number, works: (() => Promise<Cost>)[]): Promise<Cost[][]> {
  await allInTurn(Math.min(rounds, warmUps), works);
  return allInTurn(rounds, works);
}

/** The goals are for files as long as anybody writes. */
function figure(
  [what, format, lineCount]: [string, string, number],
  ours: readonly Cost[],
  yardstick: readonly Cost[],
): Omit<Figure, "against"> {
  const late = (costs: readonly Cost[]) =>
    quantile(
      costs.map(({ ms }) => ms),
      0.95,
    );
  return {
    name: `${what}, ${lineCount.toLocaleString("en")} lines of ${format}`,
    ...{ ours: late(ours), yardstick: late(yardstick), unit: "ms" },
    cpuSeconds: { ours: meanCpuSeconds(ours), yardstick: meanCpuSeconds(yardstick) },
    ...(lineCount === 1000 && { goal: { totalMs: what === "diagnostics" ? 50 : 10 } }),
  };
}

async function closeAll(editors: readonly Editor[]): Promise<void> {
  await Promise.all(editors.map((each) => each.close()));
}

async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "airlock-bench-")));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
