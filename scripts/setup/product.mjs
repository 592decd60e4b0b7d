// Builds the product in dist/: VM assets, the embedded image and the bundles, each only when its sources changed.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { commitOf } from "./commit.mjs";
import { root, runScript, say } from "./run.mjs";
import { filesHash, isCurrent, markCurrent } from "./stamps.mjs";
import { refreshPackageLists } from "./systemPackages.mjs";

const steps = [
  {
    name: "vm",
    text: "building the guest agent and the boot assets",
    script: "scripts/assets/vm.ts",
    usesDebian: true,
    sources: ["guest", "proto", "scripts/assets"],
    variant: kernelsAtHand,
    results: [
      ...["manifest.json", "initramfs"].map((name) => `dist/vm/${process.arch}/${name}`),
      `build/notices/vm-${process.arch}.json`,
    ],
  },
  {
    name: "image",
    text: "building the embedded image",
    script: "scripts/assets/baseImage.ts",
    usesDebian: true,
    sources: ["scripts/assets", "test/support/ociLayout.ts", "test/support/tar.ts"],
    results: ["dist/images/base/index.json", "build/notices/image-base.json"],
  },
  {
    name: "bundles",
    text: "bundling the programs",
    script: "scripts/build.ts",
    variant: commitOf,
    sources: [
      "src",
      "webview",
      "presets",
      "schemas",
      "scripts/build.ts",
      "package.json",
      "package-lock.json",
    ],
    results: [
      "build/metafiles/extension.cjs.json",
      "dist/extension.cjs",
      "dist/server.cjs",
      "dist/airlock.cjs",
      ...["exec", "start", "supervise", "program", "undici"].map(
        (name) => `dist/helper/${name}.cjs`,
      ),
      ...["connection", "run", "languageClient"].map((name) => `dist/extension/${name}.cjs`),
    ],
  },
];

/** Brings dist/ up to date. */
export function buildProduct() {
  for (const step of steps) {
    const key = filesHash(step.sources) + (step.variant?.() ?? "");
    if (isCurrent(step.name, key) && step.results.every((path) => existsSync(join(root, path))))
      continue;
    say(step.text);
    const startedAt = performance.now();
    runStep(step);
    say(`  done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    markCurrent(step.name, key);
  }
}

/** Changes when a kernel has been built, or another one is asked for: the boot assets then change, too. */
function kernelsAtHand() {
  const built = join(homedir(), ".cache", "airlock-dev", "kernel");
  const names = existsSync(built) ? readdirSync(built).filter((name) => !name.startsWith(".")) : [];
  return `\n${process.env.AIRLOCK_KERNEL ?? ""}\n${names.sort().join("\n")}`;
}

/** The assets come from Debian packages; on a fresh machine, or after a while, apt's lists have to be fetched first. */
function runStep(step) {
  try {
    runScript(step.script);
  } catch (error) {
    if (!step.usesDebian || !refreshPackageLists()) throw error;
    say("once more with fresh package lists");
    runScript(step.script);
  }
}
