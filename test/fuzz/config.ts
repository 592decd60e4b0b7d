// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
// Mutates configuration texts at random and loads them. Whatever the text: no exception, no hang, and either
// a configuration or at least one error, each finding with a place inside the file.
import assert from "node:assert/strict";
import { loadConfig } from "#core/config/load.ts";
import { presetTexts } from "#core/config/presets.generated.ts";
import type { ConfigSource } from "#core/config/types.ts";
import { linuxHost } from "#test/support/configs.ts";

export type FuzzReport = { runs: number; valid: number; slowestMs: number };

/** A hang, and not only a machine with other things to do. */
const slowLoadMs = 10_000;

/** Loads `runs` mutated texts; the same seed gives the same texts. */
export function fuzzConfig(runs: number, seed: number): FuzzReport {
  const random = randomNumbers(seed);
  // Most texts end in a syntax error, and nobody reads the stacks of these.
  Error.stackTraceLimit = 0;
  const report: FuzzReport = { runs, valid: 0, slowestMs: 0 };
  for (let run = 0; run < runs; run++) {
    const sources = pickSources(random);
    const startedAt = performance.now();
    const isValid = loadChecked(sources, `seed ${seed}, run ${run}`);
    const ms = performance.now() - startedAt;
    if (isValid) report.valid++;
    report.slowestMs = Math.max(report.slowestMs, ms);
    assert.ok(ms < slowLoadMs, `${ms} ms: ${JSON.stringify(sources)}`);
  }
  return report;
}

function loadChecked(sources: ConfigSource[], name: string): boolean {
  const context = () => `${name}: ${JSON.stringify(sources)}`;
  try {
    const { config, diagnostics } = loadConfig(sources, linuxHost);
    const hasError = diagnostics.some(({ severity }) => severity === "error");
    if ((config === undefined) !== hasError) assert.fail(`config or error: ${context()}`);
    for (const { path, range, message } of diagnostics) {
      const lineCount = sources.find((each) => each.path === path)?.text.split("\n").length ?? 0;
      const { start, end } = range;
      const isInside = start.line >= 1 && start.line <= lineCount && start.column >= 1;
      if (!isInside || end.line < start.line) assert.fail(`place of "${message}": ${context()}`);
    }
    return !hasError;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    Error.stackTraceLimit = 50;
    throw new Error(context(), { cause: error });
  }
}

export type Random = (below: number) => number;

/** A linear congruential generator: plain, fast and the same everywhere. */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function pickSources(random: Random): ConfigSource[] {
  const first = pickText(random);
  const sources: ConfigSource[] = [{ scope: "project", ...first }];
  if (random(8) === 0) {
    const second = pickText(random);
    const path = second.path.replace("airlock.", "airlock.local.");
    sources.push({ scope: "local", path, text: second.text });
  }
  return sources;
}

/** How many of all texts are TOML, JSON and YAML. */
type Shares = readonly [toml: number, json: number, yaml: number];

/** YAML takes most of the time of a load, so it gets the smallest part of the runs. */
const usualShares: Shares = [3, 4, 1];

export function pickText(random: Random, shares = usualShares): { path: string; text: string } {
  const pool = corpus.flatMap((each, index) => Array(shares[index] ?? 0).fill(each));
  const { extension, texts }: (typeof corpus)[number] = pool[random(pool.length)];
  let text = texts[random(texts.length)]!;
  for (let count = 1 + random(4); count > 0; count--) text = mutate(text, texts, random);
  return { path: `airlock.${extension}`, text };
}

function mutate(text: string, texts: readonly string[], random: Random): string {
  const at = random(text.length + 1);
  const end = Math.min(text.length, at + 1 + random(12));
  switch (random(7)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, end) + text.slice(at);
    case 2:
      return text.slice(0, at) + String.fromCharCode(random(128)) + text.slice(at);
    case 3:
      return text.slice(0, at) + tokens[random(tokens.length)] + text.slice(at);
    case 4:
      return text.slice(0, at) + tokens[random(tokens.length)] + text.slice(end);
    case 5: {
      const other = texts[random(texts.length)]!;
      return text.slice(0, at) + other.slice(random(other.length));
    }
    default:
      return text.slice(0, at) + String.fromCharCode(random(0x10000)) + text.slice(end);
  }
}

export const tokens = [
  ...[
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "\n",
    "=",
    ":",
    ",",
    ".",
    "#",
    "$",
    "${",
    "\\",
    "- ",
    "&a ",
    "*a",
  ],
  ...[
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e999",
    "0x10",
    "1979-05-27",
    '"4 GB"',
    '"""',
    "'''",
    "nan",
  ],
  ...[
    "[[",
    "]]",
    "<<: ",
    "---\n",
    "!!binary ",
    "? ",
    "|\n",
    ">\n",
    "\t",
    "\r\n",
    "\0",
    "\uFEFF",
    "\uD800",
  ],
  ...[
    "presets",
    "vm",
    "image",
    "cpus",
    "memory",
    "network",
    "rules",
    "mounts",
    "env",
    "daemons",
    "mask",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "enabled",
    "paths",
    "command",
    '["debian"]',
    "{}",
    "[]",
  ],
];

const example = {
  presets: ["debian", "nodejs"],
  vm: { image: { name: "oci:./x", insecure: false }, cpus: 2, memory: "2 GB", harden: true },
  network: {
    policy: "deny-by-default",
    rules: { r: { allow: ["example.com:443", "*.example.org"], passthrough: true } },
    middleware: { m: { target: ["*"], env: { T: "${T:x}" }, script: "return" } },
    ports: { p: { host: [80, "81:82"], guest: ["8080:80"] } },
    sockets: { s: { host: "~/a:/b" } },
  },
  mounts: { m: { source: "~/x", target: "/x", missing: "create-dir", create_mode: "755" } },
  disk: { size: "20 GB", cache: { c: { paths: ["~/.cache"] } } },
  env: { A: "$HOME", B: "x" },
  daemons: { d: { command: ["a", "b"], signal: "SIGINT", timeout: 3, env: { X: "1" } } },
  mask: { k: { enabled: false, paths: [".git"] } },
};

const yaml = `presets: [debian]
vm: &vm
  image: embedded:base
  cpus: 2
network:
  rules:
    r: {allow: [example.com]}
mounts:
  a: &a
    source: x
    target: /x
  b:
    <<: *a
    target: /y
env: {A: "$HOME", B: 'x'}
daemons:
  d:
    command:
      - sleep
      - "1"
`;

/** Long enough to be read in parts. */
const manyRules = `# rules
network:
  policy: deny-by-default
  rules:
${["a", "b-c", "d_1", "e", "f"].map((name) => `    ${name}:\n      # why\n      allow:\n        - ${name}.example\n        - "*.${name}.test:443"\n      enabled: true\n`).join("")}
  middleware:
    m: {target: [a.example]}
    n:
      script: |
        local x = 1

        # no comment
      target:
      - "*"
`;

const toml = `presets = ["debian"]
vm = { cpus = 2, memory = "1.5 GB" }
[network.rules."a b"]
allow = [
  "example.com:443", # a comment
]
[mounts.a]
source = 'C:\\x'
target = """
/x"""
create_mode = 0o644
[[daemons.d]]
[env]
A.B = 1979-05-27T07:32:00Z
`;

export const corpus = [
  { extension: "toml", texts: [toml, ...Object.values(presetTexts)] },
  { extension: "json", texts: [JSON.stringify(example), JSON.stringify(example.vm, undefined, 1)] },
  { extension: "yaml", texts: [yaml, manyRules, JSON.stringify(example.network)] },
] as const;
