import { type Ecosystem, ecosystemsOf, type FolderContent } from "./ecosystems.ts";

/** What else a new configuration takes over. */
export type Additions = {
  /** Presets of assistants, beside those of the ecosystems. */
  presets?: readonly string[];
  /** Image of another tool's description. */
  image?: string | undefined;
  /** TOML of further sections. */
  sections?: readonly string[];
};

/** A small system that comes with the extension. */
const ownImage = "embedded:base";

/** An `airlock.toml` for a folder; its comments teach what else there is. */
export function configurationTemplate(
  folder: FolderContent,
  { presets: assistants = [], image: imported, sections = [] }: Additions = {},
): string {
  const found = ecosystemsOf(folder);
  const names = found.map(({ name }) => name).join(" and ");
  const presets = found.map(({ preset }) => preset).filter((preset) => preset !== undefined);
  // The images of the ecosystems are built on Debian and Ubuntu; who knows what another one is.
  const system = found.length > 0 && imported === undefined ? ["debian"] : [];
  return [
    `# The sandbox of this ${names === "" ? "" : `${names} `}project: a virtual machine of its own.`,
    "# airlock.local.toml beside this file overrides it for you alone; keep that one out of Git.",
    "",
    ...presetLines([...system, ...presets, ...assistants]),
    "[vm]",
    ...imageLines(found, imported),
    "# Default: all CPUs and half of the memory of this machine.",
    "# cpus = 2",
    '# memory = "2 GB"',
    "",
    ...policyLines(assistants.length > 0),
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

/** An assistant acts by itself, so what it may reach is limited from the beginning. */
function policyLines(hasAssistant: boolean): string[] {
  const comment = hasAssistant
    ? "What the sandbox may reach: only what presets and rules allow."
    : "What the sandbox may reach. Like this, only what presets and rules allow:";
  const mark = hasAssistant ? "" : "# ";
  return [`# ${comment}`, `${mark}[network]`, `${mark}policy = "deny-by-default"`];
}

/** The image that fits best is in force, and the others are examples. */
function imageLines(found: readonly Ecosystem[], imported: string | undefined): string[] {
  const own = "A small system that comes with Airlock and needs no network";
  const fitting = found.map(({ name, image }) => ({ text: `An image with ${name}`, image }));
  const [first = { text: own, image: ownImage }, ...others] = [
    ...(imported === undefined ? [] : [{ text: "The image that was taken over", image: imported }]),
    ...fitting,
  ];
  const alternatives =
    first.image === ownImage
      ? [
          {
            text: "An image of a registry, or one that Docker or Podman has",
            image: "debian:stable",
          },
        ]
      : [...others, { text: own, image: ownImage }];
  return [
    `# ${first.text}.`,
    imageLine(first.image),
    ...alternatives.flatMap(({ text, image }) => [`# ${text}:`, `# ${imageLine(image)}`]),
  ];
}

function imageLine(image: string): string {
  return `image = ${JSON.stringify(image)}`;
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
