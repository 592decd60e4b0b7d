// The stages of `npm test`, in the order in which they run. Each size of test is one stage.
import { basename } from "node:path";

/** How the result of a stage's program is read. */
export type StageKind =
  /** The exit code: one test. */
  | "check"
  /** node:test with the totals reporter. */
  | "node"
  /** `go test -json` on the standard output. */
  | "go";

export type Stage = {
  /** What `npm run test:<size>` selects. */
  size: string;
  name: string;
  kind: StageKind;
  command: string[];
  /** Directory below the tree's root in which it runs. */
  cwd: string;
  /** After this long the stage is killed and counts as failed. */
  timeoutMs: number;
};

const minuteMs = 60_000;

function check(name: string, command: string[], cwd = "."): Stage {
  return { size: "checks", name, kind: "check", command, cwd, timeoutMs: 5 * minuteMs };
}

function tests(
  size: string,
  limits: { testMs: number; stageMs: number; concurrency: number },
): Stage {
  const command = [
    process.execPath,
    "--test",
    // It can lose results that are still on their way to the reporter, so only for tests with processes.
    ...(size === "unit" ? [] : ["--test-force-exit"]),
    `--test-timeout=${limits.testMs}`,
    `--test-concurrency=${limits.concurrency}`,
    `test/${size}/**/*.test.ts`,
  ];
  return { size, name: size, kind: "node", command, cwd: ".", timeoutMs: limits.stageMs };
}

const gofmtCheck = 'test -z "$(gofmt -l . | tee /dev/stderr)"';

/** From the module proxy, as the agent's own modules; its first run on a computer compiles it. */
const staticcheck = [
  "honnef.co/go/tools/cmd/staticcheck@v0.7.0",
  // HTTP/2 on a connection that is there already: what is deprecated for it has no short successor.
  ...["-checks", "inherit,-SA1019"],
];

export const stages: Stage[] = [
  check("generated files", [process.execPath, "scripts/generate.ts", "--check"]),
  check("types", [process.execPath, "scripts/typecheck.ts"]),
  check("lint", ["biome", "check", "--error-on-warnings", "."]),
  check("unused code", ["knip"]),
  check("protocol lint", ["buf", "lint"], "proto"),
  check("Go format", ["sh", "-c", gofmtCheck], "guest"),
  check("Go vet", ["go", "vet", "./..."], "guest"),
  check("Go lint", ["go", "run", ...staticcheck, "./..."], "guest"),
  check("package", [process.execPath, "scripts/package.ts"]),
  {
    size: "guest",
    name: "guest",
    kind: "go",
    command: ["go", "test", "-json", "-timeout=5m", "./..."],
    cwd: "guest",
    timeoutMs: 10 * minuteMs,
  },
  tests("unit", { testMs: 30_000, stageMs: 5 * minuteMs, concurrency: 2 }),
  tests("fuzz", { testMs: 4 * minuteMs, stageMs: 8 * minuteMs, concurrency: 2 }),
  tests("integration", { testMs: 2 * minuteMs, stageMs: 8 * minuteMs, concurrency: 2 }),
  tests("machine", { testMs: 5 * minuteMs, stageMs: 20 * minuteMs, concurrency: 2 }),
  tests("e2e", { testMs: 8 * minuteMs, stageMs: 20 * minuteMs, concurrency: 1 }),
];

/** The stages of the given sizes, all of them for no size; throws for a size that does not exist. */
export function selectStages(sizes: readonly string[]): Stage[] {
  const known = new Set(stages.map((stage) => stage.size));
  const wrong = sizes.filter((size) => !known.has(size));
  if (wrong.length > 0)
    throw new Error(
      `${basename(import.meta.filename)}: no size ${wrong.join(", ")}; there are ${[...known].join(", ")}`,
    );
  return sizes.length === 0 ? stages : stages.filter((stage) => sizes.includes(stage.size));
}
