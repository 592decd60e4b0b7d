// Bundles the programs of the product into dist/ with esbuild.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
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

/** What a program loads only when it is asked for, in a bundle of its own for each. */
type Parts = {
  /** Directory in `dist`. */
  name: string;
  /** The sources, by the name of their bundle. */
  sources: Record<string, string>;
  /** Modules whose exports take the place of globals. */
  inject?: string[];
  /** Large packages that few runs need, each in a file of its own that is read when one of its exports is first used. */
  packages?: string[];
  /**
   * Modules of Node that take long to load: loaded when they are first used, with the code they come with.
   * They seem to have all that Node has here, so none whose parts somebody looks for, as for zlib's zstd.
   */
  lateBuiltins?: string[];
};

/** See docs/decisions/0010-start-time.md. */
const helperParts: Parts = {
  name: "helper",
  sources: {
    exec: "src/helper/cli/program/exec.ts",
    start: "src/helper/cli/program/start.ts",
    supervise: "src/helper/cli/program/supervise.ts",
    program: "src/helper/cli/program/program.ts",
    settings: "src/core/config/settings.ts",
    status: "src/helper/sandbox/currentStatus.ts",
  },
  packages: ["undici", "dockerode", "yaml", "execa"],
  lateBuiltins: [
    ...["node:child_process", "node:crypto", "node:fs/promises", "node:http", "node:http2"],
    ...["node:https", "node:net", "node:perf_hooks", "node:readline/promises"],
    ...["node:stream/consumers", "node:timers/promises", "node:tls", "node:tty", "node:zlib"],
  ],
  inject: ["src/helper/rpc/headers.ts", "src/helper/performance.ts"],
};

/** Whatever holds a library that an activation must not wait for: see docs/decisions/0013-editor-side.md. */
const extensionParts: Parts = {
  name: "extension",
  sources: {
    connection: "src/extension/sandboxes/connection.ts",
    run: "src/extension/services/run.ts",
    languageClient: "src/extension/language/startClient.ts",
  },
};

/** Files in `dist`. */
export const partFiles = [helperParts, extensionParts].flatMap(({ name, sources, packages = [] }) =>
  [...Object.keys(sources), ...packages].map((part) => `${name}/${part}.cjs`),
);

/** The loader of ES modules would cost more than a bundle. */
const withoutModuleLoader = { "dynamic-import": false };

/** All bundles of the product, in the order in which they are built. */
export const bundles: BuildOptions[] = [
  {
    ...bundleOptions,
    entryPoints: ["src/extension/main.ts"],
    outfile: "dist/extension.cjs",
    plugins: [separateParts(extensionParts), sharedApi()],
    supported: withoutModuleLoader,
  },
  ...partBundles(extensionParts),
  { ...bundleOptions, entryPoints: ["src/server/main.ts"], outfile: "dist/server.cjs" },
  {
    ...bundleOptions,
    entryPoints: ["src/helper/main.ts"],
    outfile: "dist/airlock.cjs",
    plugins: [separateParts(helperParts)],
    supported: withoutModuleLoader,
  },
  ...partBundles(helperParts),
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

/** What only the build knows: see src/shared/version.ts. */
function defines(): Record<string, string> {
  const commit = commitOf();
  return commit === undefined ? {} : { AIRLOCK_COMMIT: JSON.stringify(commit) };
}

function partBundles(parts: Parts): BuildOptions[] {
  const { name, sources, inject = [], packages = [], lateBuiltins = [] } = parts;
  const ofSources = Object.entries(sources).map(([part, source]) => ({
    ...bundleOptions,
    entryPoints: [source],
    outfile: `dist/${name}/${part}.cjs`,
    inject,
    plugins: [separateParts(parts, "."), separatePackages(packages), loadLate(lateBuiltins)],
    supported: withoutModuleLoader,
  }));
  const ofPackages = packages.map((one) => ({
    ...bundleOptions,
    stdin: { contents: `module.exports = require("${one}");`, resolveDir: "." },
    outfile: `dist/${name}/${one}.cjs`,
  }));
  return [...ofSources, ...ofPackages];
}

/**
 * Leaves packages in files of their own, next to the bundle. Who imports one by names loads it with the first use
 * of a name: reading 1 MB of compiled code takes 6 ms, and running a large package's modules more.
 */
function separatePackages(packages: readonly string[]): Plugin {
  const namespace = "separate-package";
  return {
    name: namespace,
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^[a-z]+$/ }, ({ path }) =>
        packages.includes(path) ? { path, namespace } : undefined,
      );
      onResolve({ filter: /\.cjs$/, namespace }, ({ path }) => ({ path, external: true }));
      onLoad({ filter: /./, namespace }, async ({ path }) => ({
        contents: whenUsed(`./${path}.cjs`, await import(path)),
      }));
    },
  };
}

/** A CommonJS module with the exports of the one in a file, which has to be CommonJS if a function is all it exports. */
function whenUsed(file: string, exported: Record<string, unknown>): string {
  if (typeof exported.default === "function") return `module.exports = require("${file}");`;
  const names = Object.keys(exported).filter((name) => /^[\w$]+$/.test(name) && name !== "default");
  return lateExports(names, `require("${file}")`);
}

/** Loads modules of Node when one of their exports is first used. */
function loadLate(names: readonly string[]): Plugin {
  const namespace = "late";
  return {
    name: "load-late",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^node:/ }, ({ path, namespace: importer }) =>
        names.includes(path) && importer !== namespace ? { path, namespace } : undefined,
      );
      onLoad({ filter: /^node:/, namespace }, ({ path }) => ({
        contents: lateModule(path),
        resolveDir: ".",
      }));
    },
  };
}

function lateModule(name: string): string {
  return `
    const { withShippedCode } = require("./src/helper/compilers.ts");
    ${lateExports(Object.keys(process.getBuiltinModule(name) ?? {}), `withShippedCode(() => require("${name}"))`)}
  `;
}

/** The body of a CommonJS module whose exports are those of another one, which the expression loads. */
function lateExports(names: readonly string[], load: string): string {
  return `
    let loaded;
    const load = () => (loaded ??= ${load});
    for (const name of ${JSON.stringify(names)}) {
      Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });
    }
  `;
}

/** Leaves the parts of a program in their own bundles, in a directory beside the one that loads them. */
function separateParts({ name, sources }: Parts, directory = `./${name}`): Plugin {
  const parts = new Map(
    Object.entries(sources).map(([part, source]) => [resolve(source), `${directory}/${part}.cjs`]),
  );
  return {
    name: "separate-parts",
    setup: ({ onResolve }) => {
      onResolve({ filter: /\.ts$/ }, ({ path, kind, resolveDir }) => {
        const source = path.startsWith("#")
          ? resolve("src", path.slice(1))
          : resolve(resolveDir, path);
        const part = kind === "dynamic-import" ? parts.get(source) : undefined;
        return part === undefined ? undefined : { path: part, external: true };
      });
    },
  };
}

/**
 * One module for VS Code's interface. Of CommonJS that comes from elsewhere, esbuild makes a copy for each
 * file that imports it, property by property: dozens of copies took most of the time of an activation.
 */
function sharedApi(): Plugin {
  const namespace = "shared-api";
  return {
    name: namespace,
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^vscode$/ }, ({ path, namespace: importer }) =>
        importer === namespace ? { path, external: true } : { path, namespace },
      );
      onLoad({ filter: /^vscode$/, namespace }, () => ({ contents: 'export * from "vscode";' }));
    },
  };
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
