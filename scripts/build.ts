// Bundles the programs of the product into dist/ with esbuild.
import { existsSync } from "node:fs";
import { type BuildOptions, build } from "esbuild";

const node: BuildOptions = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minifySyntax: true,
  sourcemap: "linked",
  legalComments: "none",
  logLevel: "warning",
};

const bundles: BuildOptions[] = [
  { ...node, entryPoints: ["src/extension/main.ts"], outfile: "dist/extension.cjs" },
  { ...node, entryPoints: ["src/server/main.ts"], outfile: "dist/server.cjs" },
  { ...node, entryPoints: ["src/helper/main.ts"], outfile: "dist/airlock.cjs" },
  {
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: "linked",
    legalComments: "none",
    logLevel: "warning",
    entryPoints: ["webview/panel.ts", "webview/panel.css"],
    outdir: "dist/webview",
  },
];

for (const options of bundles) {
  const entry = (options.entryPoints as string[])[0] ?? "";
  if (existsSync(entry)) await build(options);
  else console.error(`build: ${entry} does not exist`);
}
