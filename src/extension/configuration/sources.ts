/** Something in a folder that a new configuration can take over. */
export type TemplateSource =
  | { kind: "devcontainer" | "dockerfile"; path: string; picked: boolean }
  | { kind: "preset"; preset: string; mark: string; picked: boolean };

/** Where a folder's devcontainer is described, the first that exists is meant. */
const devcontainerPaths = [".devcontainer/devcontainer.json", ".devcontainer.json"];

/** Holds the descriptions of several devcontainers, each in a folder of its own. */
export const devcontainersFolder = ".devcontainer";

/** The paths that describe them, for the names in that folder. */
export function devcontainerMarks(names: readonly string[]): string[] {
  return [...names].sort().map((name) => `${devcontainersFolder}/${name}/devcontainer.json`);
}

/** Settings of assistants; `AGENTS.md` is shared by many, so it proposes nothing for sure. */
const assistants = [
  { marks: [".claude", "CLAUDE.md", ".mcp.json"], preset: "claude-code", picked: true },
  { marks: [".codex"], preset: "openai-codex", picked: true },
  { marks: [".github/copilot-instructions.md"], preset: "copilot-cli", picked: true },
  { marks: ["AGENTS.md"], preset: "openai-codex", picked: false },
];

/** Paths, relative to the folder, whose presence decides. */
export const sourceMarks: readonly string[] = [
  ...devcontainerPaths,
  "Dockerfile",
  ...assistants.flatMap(({ marks }) => marks),
];

/** What a folder with these paths offers. */
export function templateSources(present: ReadonlySet<string>): TemplateSource[] {
  const main = devcontainerPaths.find((path) => present.has(path));
  const named = [...present].filter((path) => /^\.devcontainer\/[^/]+\/[^/]+$/.test(path)).sort();
  const devcontainers = main === undefined ? named : [main, ...named];
  const sources = devcontainers.map((path, index): TemplateSource => {
    return { kind: "devcontainer", path, picked: index === 0 };
  });
  if (present.has("Dockerfile")) {
    sources.push({ kind: "dockerfile", path: "Dockerfile", picked: false });
  }
  const presets = new Set<string>();
  for (const { marks, preset, picked } of assistants) {
    const mark = marks.find((each) => present.has(each));
    if (mark === undefined || presets.has(preset)) continue;
    presets.add(preset);
    sources.push({ kind: "preset", preset, mark, picked });
  }
  return sources;
}
