type Ecosystem = {
  /** Files whose presence tells. */
  marks: readonly string[];
  name: string;
  preset: string | undefined;
  /** A registry's image that has its tools. */
  image: string;
};

const ecosystems: readonly Ecosystem[] = [
  { marks: ["package.json", "deno.json"], name: "Node.js", preset: "nodejs", image: "node:24" },
  {
    marks: ["pyproject.toml", "requirements.txt", "setup.py", "Pipfile"],
    name: "Python",
    preset: "python",
    image: "python:3.14",
  },
  { marks: ["Cargo.toml"], name: "Rust", preset: "rust", image: "rust:1" },
  { marks: ["go.mod"], name: "Go", preset: undefined, image: "golang:1" },
  { marks: ["Gemfile"], name: "Ruby", preset: undefined, image: "ruby:3" },
  {
    marks: ["pom.xml", "build.gradle", "build.gradle.kts"],
    name: "Java",
    preset: undefined,
    image: "eclipse-temurin:25",
  },
];

/** What else a new configuration takes over. */
export type Additions = {
  /** Presets beside those of the ecosystems. */
  presets?: readonly string[];
  /** Image of another tool's description. */
  image?: string | undefined;
  /** TOML of further sections. */
  sections?: readonly string[];
};

/** An `airlock.toml` for a folder with these entries; its comments teach what else there is. */
export function configurationTemplate(
  entries: readonly string[],
  { presets: more = [], image: imported, sections = [] }: Additions = {},
): string {
  const present = new Set(entries);
  const found = ecosystems.filter(({ marks }) => marks.some((mark) => present.has(mark)));
  const names = found.map(({ name }) => name).join(" and ");
  const presets = found.map(({ preset }) => preset).filter((preset) => preset !== undefined);
  const image = imported ?? found[0]?.image ?? "debian:stable";
  return [
    `# The sandbox of this ${names === "" ? "" : `${names} `}project: a virtual machine of its own.`,
    "# airlock.local.toml beside this file overrides it for you alone; keep that one out of Git.",
    "",
    ...presetLines([...presets, ...more]),
    "[vm]",
    "# A small system that comes with Airlock and needs no network.",
    'image = "embedded:base"',
    "# An image of a registry, or one that Docker or Podman has on this machine, works as well:",
    `# image = ${JSON.stringify(image)}`,
    "# Default: all CPUs and half of the memory of this machine.",
    "# cpus = 2",
    '# memory = "2 GB"',
    "",
    "# Keeps installed programs and everything else that is written outside the project.",
    "# [disk]",
    '# size = "10 GB"',
    "",
    "# Environment variables inside. $NAME takes the value from this machine.",
    "# [env]",
    '# HOST_USER = "$USER"',
    "",
    ...sections,
  ].join("\n");
}

function presetLines(presets: readonly string[]): string[] {
  if (presets.length === 0) return [];
  const list = presets.map((preset) => `"${preset}"`).join(", ");
  return [
    "# What these tools need, such as the hosts that their packages come from.",
    `presets = [${list}]`,
    "",
  ];
}
