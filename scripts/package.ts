// Makes the platform-specific VSIX in build/ from what is in dist/: `npm run package [-- --target linux-x64]`.
// With `--release` only with the kernel that releases ship; without, with the kernel at hand.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { version } from "#shared/version.ts";
import { type GuestArch, guestArchOf } from "./assets/guestArch.ts";
import { releaseObstacle } from "./assets/release.ts";
import { digestOfInputs } from "./assets/vm.ts";
import { partFiles } from "./build.ts";
import { thirdPartyNotices } from "./notices/write.ts";

const root = join(import.meta.dirname, "..");
const targets = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

const { values } = parseArgs({
  options: { target: { type: "string" }, release: { type: "boolean", default: false } },
});
const target = values.target ?? `${process.platform}-${process.arch}`;
if (!targets.includes(target))
  throw new Error(`no package for ${target}; there are ${targets.join(", ")}`);
const arch = target.slice(target.indexOf("-") + 1);

const missing = requiredFiles(arch).filter((path) => !existsSync(join(root, path)));
if (missing.length > 0) {
  console.error(`Nothing was packed, because these files are missing: ${missing.join(", ")}.`);
  console.error("`npm start` and `npm test` build whatever is missing.");
  process.exit(1);
}
if (values.release) requireRelease(guestArchOf(arch));
writeFileSync(join(root, "dist", "THIRD-PARTY-NOTICES.txt"), thirdPartyNotices(root, arch));
const out = join("build", `airlock-${version}-${target}.vsix`);
// By rename, so that whoever installs the package meanwhile never gets half of it.
const unfinished = `${out}.new`;
const vsce = spawnSync(
  process.execPath,
  [
    join("node_modules", "@vscode", "vsce", "vsce"),
    "package",
    "--no-dependencies",
    ...["--target", target],
    ...["--ignoreFile", ignoreFile(arch)],
    ...["--out", unfinished],
  ],
  { cwd: root, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" },
);
if (vsce.status !== 0) throw new Error(`vsce failed:\n${vsce.stdout}${vsce.stderr}`);
renameSync(join(root, unfinished), join(root, out));
console.log(`${out} ${(statSync(join(root, out)).size / 2 ** 20).toFixed(1)} MiB`);

/** What has to be there before packing, so that no package is ever made without its parts. */
function requiredFiles(cpu: string): string[] {
  const assets = ["initramfs", "manifest.json", cpu === "x64" ? "vmlinux" : "Image"];
  return [
    ...["extension.cjs", "server.cjs", "airlock.cjs", "webview/panel.js", ...partFiles].map(
      (name) => `dist/${name}`,
    ),
    ...assets.map((name) => `dist/vm/${cpu}/${name}`),
    "dist/images/base/index.json",
    "bin/airlock",
    // What the third-party notices are made from.
    ...[`notices/vm-${cpu}.json`, "notices/image-base.json", "metafiles/extension.cjs.json"].map(
      (name) => `build/${name}`,
    ),
  ];
}

function requireRelease(cpu: GuestArch): void {
  const obstacle = releaseObstacle(join(root, "dist", "vm", cpu), {
    arch: cpu,
    inputsSha256: digestOfInputs(cpu),
  });
  if (obstacle !== undefined) throw new Error(`dist/vm/${cpu} cannot be released: ${obstacle}`);
}

/** The allow list with the CPU type filled in. */
function ignoreFile(cpu: string): string {
  const text = readFileSync(join(root, ".vscodeignore"), "utf8").replaceAll("<arch>", cpu);
  const path = join("build", `vscodeignore-${cpu}`);
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(join(root, path), text);
  return path;
}
