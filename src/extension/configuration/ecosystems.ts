/** What is known of a folder. */
export type FolderContent = {
  /** Names of the files and folders in it. */
  entries: readonly string[];
  /** Texts of the files of `versionFiles` that are there. */
  texts?: Readonly<Record<string, string>>;
};

export type Ecosystem = {
  name: string;
  preset: string | undefined;
  /** A registry's image that has its tools, in the version that the project asks for. */
  image: string;
};

type Description = {
  /** Files whose presence tells. */
  marks: readonly string[];
  name: string;
  preset?: string;
  repository: string;
  /** Tag for a project that names no version. */
  tag: string;
  /** Files that name the version, and where. */
  versions?: Readonly<Record<string, RegExp>>;
};

const descriptions: readonly Description[] = [
  {
    marks: ["package.json", "deno.json"],
    ...{ name: "Node.js", preset: "nodejs", repository: "node", tag: "24" },
    versions: { ".nvmrc": /^v?(\d+)(?:\.|\s*$)/, ".node-version": /^v?(\d+)(?:\.|\s*$)/ },
  },
  {
    marks: ["pyproject.toml", "requirements.txt", "setup.py", "Pipfile"],
    ...{ name: "Python", preset: "python", repository: "python", tag: "3.14" },
    versions: { ".python-version": /^(3\.\d+)/ },
  },
  {
    marks: ["Cargo.toml"],
    ...{ name: "Rust", preset: "rust", repository: "rust", tag: "1" },
    versions: {
      "rust-toolchain.toml": /^\s*channel\s*=\s*"(1\.\d+(?:\.\d+)?)"/m,
      "rust-toolchain": /^(1\.\d+(?:\.\d+)?)\s*$/,
    },
  },
  {
    marks: ["go.mod"],
    ...{ name: "Go", repository: "golang", tag: "1" },
    versions: { "go.mod": /^go (1\.\d+)/m },
  },
  {
    marks: ["Gemfile"],
    ...{ name: "Ruby", repository: "ruby", tag: "3" },
    versions: { ".ruby-version": /^(?:ruby-)?(\d+\.\d+)/ },
  },
  {
    marks: ["pom.xml", "build.gradle", "build.gradle.kts"],
    ...{ name: "Java", repository: "eclipse-temurin", tag: "25" },
    versions: { ".java-version": /^(\d+)/ },
  },
];

/** Files that are worth reading, because they name a version. */
export const versionFiles: readonly string[] = descriptions.flatMap(({ versions = {} }) =>
  Object.keys(versions),
);

/** The ecosystems that a folder belongs to, the most likely first. */
export function ecosystemsOf({ entries, texts = {} }: FolderContent): Ecosystem[] {
  const present = new Set(entries);
  return descriptions
    .filter(({ marks }) => marks.some((mark) => present.has(mark)))
    .map(({ name, preset, repository, tag, versions = {} }) => {
      const asked = Object.entries(versions)
        .map(([file, pattern]) => pattern.exec(texts[file] ?? "")?.[1])
        .find((version) => version !== undefined);
      return { name, preset, image: `${repository}:${asked ?? tag}` };
    });
}
