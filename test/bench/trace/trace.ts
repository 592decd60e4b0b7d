// `npm run bench -- trace`: one cold and one warm start as pictures, docs/start-cold.svg and docs/start-warm.svg.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchProject, benchProject } from "../project.ts";
import { drawSpans, type Span } from "./svg.ts";

const docs = join(import.meta.dirname, "..", "..", "..", "docs");
const tracedStart = ["start", "--log-level", "debug", "--", "echo", "here"];
/** Shorter steps of the guest are not worth a row. */
const shortestStepMs = 2;
const machinePhases = ["machine", "boot", "resume", "snapshot"];

export async function drawStarts(): Promise<undefined> {
  const project = benchProject();
  try {
    // Prepares the image, and keeps the snapshot: a kernel that tells more is another machine.
    await project.airlock(tracedStart);
    for (const [kind, warm] of [["cold", "off"] as const, ["warm", "on"] as const]) {
      const spans = await traceStart(project, warm);
      const title = `One ${kind} start with a command, from its process to its end`;
      writeFileSync(join(docs, `start-${kind}.svg`), drawSpans(title, spans));
    }
  } finally {
    project.remove();
  }
}

async function traceStart(project: BenchProject, warm: "on" | "off"): Promise<Span[]> {
  const begunAtMs = Date.now();
  const env = { AIRLOCK_WARM: warm };
  const run = await project.airlock(["start", "--log-level", "debug", "--", "echo", "here"], {
    env,
  });
  const spans: Span[] = [];
  let atMs = 0;
  for (const { name, ms } of project.status().phases) {
    const who = machinePhases.includes(name) ? "machine" : "airlock";
    spans.push({ name, startMs: atMs, ms, who });
    atMs += ms;
    if (name === "attach") spans.push(...guestSteps(project, begunAtMs));
  }
  return [
    ...spans,
    { name: "command's first output", startMs: atMs, ms: run.firstByteMs - atMs, who: "airlock" },
    {
      name: "orderly stop",
      startMs: run.firstByteMs,
      ms: run.totalMs - run.firstByteMs,
      who: "machine",
    },
  ];
}

/** What the agent did of the configuration, step by step; the log has the time when all was done. */
function guestSteps(project: BenchProject, begunAtMs: number): Span[] {
  const log = readFileSync(join(project.dir, ".airlock", "airlock.log"), "utf8");
  const steps = log.split("\n").flatMap((line) => {
    const [, at = "", name = "", micros = ""] = guestStep.exec(line) ?? [];
    const toldMs = Date.parse(at) - begunAtMs;
    return at === "" || toldMs < 0 ? [] : [{ toldMs, name, ms: Number(micros) / 1000 }];
  });
  let startMs = (steps[0]?.toldMs ?? 0) - steps.reduce((sum, { ms }) => sum + ms, 0);
  const spans: Span[] = [];
  for (const { name, ms } of steps) {
    if (ms >= shortestStepMs) spans.push({ name: `· ${name}`, startMs, ms, who: "guest" });
    startMs += ms;
  }
  return spans;
}

const guestStep = /^(\S+) DEBUG supervisor: guest step (.+): (\d+) µs$/;
