// Bundles the programs of the product into dist/ with esbuild.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { version } from "#shared/version.ts";
import { commitOf } from "./setup/commit.mjs";

/** What each bundle was made of, for the size report and the third-party notices. */
export const metafilesDir = join(import.meta.dirname, "..", "build", "metafiles");

const common = {
  bundle: true,
  sourcemap: "linked",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  minifySyntax: true,
  minifyWhitespace: true,
  // Names stay, so that a stack trace in a bug report can be read.
  minifyIdentifiers: false,
} satisfies BuildOptions;

const unusedParts = [
  "ssh2",
  "@grpc/grpc-js",
  "@grpc/proto-loader",
  "protobufjs",
  "tar-fs",
  "@balena/dockerignore",
];

/** Of all programs that run in Node. */
export const bundleOptions = {
  ...common,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  alias: {
    // Its main file loads its parts in a way no bundler can follow.
    "jsonc-parser": "jsonc-parser/lib/esm/main.js",
    // Parts of dockerode for ssh:// and for building images: large, partly native, never called.
    ...Object.fromEntries(unusedParts.map((name) => [name, "./scripts/emptyModule.cjs"])),
  },
} satisfies BuildOptions;

/** What the command line tool loads only when it is asked for: see docs/decisions/0010-start-time.md. */
export const helperPartNames = ["exec", "supervise", "program"];

const bundles: BuildOptions[] = [
  { ...bundleOptions, entryPoints: ["src/extension/main.ts"], outfile: "dist/extension.cjs" },
  {
    ...bundleOptions,
    entryPoints: ["src/extension/language/startClient.ts"],
    outfile: "dist/languageClient.cjs",
  },
  { ...bundleOptions, entryPoints: ["src/server/main.ts"], outfile: "dist/server.cjs" },
  {
    ...bundleOptions,
    entryPoints: ["src/helper/main.ts"],
    outfile: "dist/airlock.cjs",
    plugins: [helperParts()],
    // The loader of ES modules would cost more than the bundle.
    supported: { "dynamic-import": false },
  },
  ...helperPartNames.map((name) => ({
    ...bundleOptions,
    entryPoints: [`src/helper/cli/program/${name}.ts`],
    outfile: `dist/helper/${name}.cjs`,
    inject: ["src/helper/rpc/headers.ts"],
  })),
  {
    ...common,
    platform: "browser",
    format: "esm",
    target: "es2022",
    entryPoints: ["webview/panel.ts", "webview/panel.css"],
    outdir: "dist/webview",
  },
];

if (import.meta.main) {
  checkVersion();
  mkdirSync(metafilesDir, { recursive: true });
  for (const options of bundles) {
    const { metafile } = await build({ ...options, define: defines(), metafile: true });
    const name = basename(options.outfile ?? options.outdir ?? "");
    writeFileSync(join(metafilesDir, `${name}.json`), JSON.stringify(metafile));
    reportSizes(metafile);
  }
}

/** Leaves the parts of the command line tool in bundles of their own, next to the one that loads them. */
function helperParts(): Plugin {
  const filter = new RegExp(`^\\./cli/program/(${helperPartNames.join("|")})\\.ts$`);
  return {
    name: "helper-parts",
    setup: ({ onResolve }) => {
      onResolve({ filter }, ({ path }) => ({
        path: path.replace(filter, "./helper/$1.cjs"),
        external: true,
      }));
    },
  };
}

/** What only the build knows: see src/shared/version.ts. */
function defines(): Record<string, string> {
  const commit = commitOf();
  return commit === undefined ? {} : { AIRLOCK_COMMIT: JSON.stringify(commit) };
}

function checkVersion(): void {
  const manifest: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
  if (manifest.version === version) return;
  throw new Error(`src/shared/version.ts says ${version}, package.json says ${manifest.version}`);
}

function reportSizes(metafile: Metafile): void {
  for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
    if (!path.endsWith(".map")) console.log(`${path.padEnd(24)} ${(bytes / 1024).toFixed(0)} KiB`);
  }
}
