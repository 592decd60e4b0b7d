// Generates the code of both contracts: TypeScript for the host, Go for the guest. The plugins' versions
// are those of package-lock.json and guest/go.mod, so everybody generates the same text.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { writeGenerated } from "./write.ts";

const repository = join(import.meta.dirname, "..", "..");
const templates = ["buf.gen.yaml", "buf.gen.guest.yaml"];
const goPlugins = [
  "google.golang.org/protobuf/cmd/protoc-gen-go",
  "connectrpc.com/connect/cmd/protoc-gen-connect-go",
];
/** Directories that hold generated code only. */
const generatedDirectories = ["src/shared/generated/airlock", "guest/internal/rpc"];

/** Returns the paths that were out of date; writes them unless `check` is set. */
export function generate(check: boolean): string[] {
  const directory = mkdtempSync(join(tmpdir(), "airlock-proto-"));
  try {
    const base = join(directory, "proto");
    mkdirSync(base);
    for (const template of templates) runBuf(["generate", "--template", template, "-o", base]);
    const made = filesBelow(directory).map((path) => relative(directory, path));
    const stale = made.flatMap((path) =>
      writeGenerated(path, readFileSync(join(directory, path), "utf8"), check),
    );
    return [...stale, ...removeLeftovers(new Set(made), check)];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Finds code of messages that no longer exist. */
function removeLeftovers(made: ReadonlySet<string>, check: boolean): string[] {
  const existing = generatedDirectories.flatMap((name) => filesBelow(join(repository, name)));
  const leftovers = existing
    .map((path) => relative(repository, path))
    .filter((path) => !made.has(path));
  if (!check) for (const path of leftovers) rmSync(join(repository, path));
  return leftovers;
}

function runBuf(args: string[]): void {
  const npmPrograms = join(repository, "node_modules", ".bin");
  execFileSync(join(npmPrograms, "buf"), args, {
    cwd: join(repository, "proto"),
    env: {
      ...process.env,
      PATH: [installGoPlugins(), npmPrograms, process.env.PATH].join(delimiter),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

/** Installs the plugins at the versions of guest/go.mod; Go does nothing when they are there. */
function installGoPlugins(): string {
  const directory = join(homedir(), ".cache", "airlock-dev", "go-plugins");
  mkdirSync(directory, { recursive: true });
  execFileSync("go", ["install", ...goPlugins], {
    cwd: join(repository, "guest"),
    env: { ...process.env, GOBIN: directory },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return directory;
}

function filesBelow(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.map((name) => join(directory, name)).filter((path) => statSync(path).isFile());
}
