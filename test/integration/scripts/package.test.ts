// What is in the VSIX that `npm run package` makes from the built product.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import test, { before } from "node:test";
import { version } from "#shared/version.ts";
import { tempTree } from "#test/support/tempTree.ts";
import { type ZipEntry, zipEntries } from "#test/support/zipEntries.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const target = `${process.platform}-${process.arch}`;
let entries: ZipEntry[];

before(() => {
  execFileSync(process.execPath, ["scripts/package.ts"], { cwd: root, stdio: "pipe" });
  entries = zipEntries(join(root, "build", `airlock-${version}-${target}.vsix`));
});

function textOf(path: string): string {
  const entry = entries.find((candidate) => candidate.path === path);
  assert.ok(entry, `${path} is not in the package`);
  return entry.read().toString("utf8");
}

test("the package holds exactly the files of its list", () => {
  const listed = entries
    .map(({ path, executable }) => `${executable ? "x" : "-"} ${path}`)
    .map((line) => line.replace(/\b[0-9a-f]{64}\b/, "<digest>"))
    .map((line) => line.replace(/\/vm\/\w+\/(vmlinux|Image)$/, "/vm/<arch>/<kernel>"))
    .map((line) => line.replace(/\/vm\/\w+\//, "/vm/<arch>/"));
  const golden = readFileSync(join(import.meta.dirname, "package.golden.txt"), "utf8");
  assert.equal(`${[...new Set(listed)].sort().join("\n")}\n`, golden);
});

test("a release is packed only with the kernel that releases ship", () => {
  const { kernel } = JSON.parse(textOf(`extension/dist/vm/${process.arch}/manifest.json`));
  const { status, stderr } = spawnSync(process.execPath, ["scripts/package.ts", "--release"], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(status === 0, kernel === "own", stderr);
  if (kernel !== "own") assert.match(stderr, /npm run build:kernel/);
});

test("nothing is packed from half a build, and what is missing is told at once", (t) => {
  // Of the build only what has been copied elsewhere.
  const tree = tempTree(t, {});
  for (const name of ["scripts", "src", "node_modules", "package.json", "dist", "bin"]) {
    symlinkSync(join(root, name), join(tree, name));
  }
  const packed = spawnSync(
    process.execPath,
    ["--preserve-symlinks", "--preserve-symlinks-main", join(tree, "scripts", "package.ts")],
    { cwd: tree, encoding: "utf8" },
  );
  assert.equal(packed.status, 1);
  const files = [`notices/vm-${process.arch}`, "notices/image-base", "metafiles/extension.cjs"];
  const list = files.map((name) => `build/${name}.json`).join(", ");
  assert.equal(
    packed.stderr,
    `Nothing was packed, because these files are missing: ${list}.\n\`npm start\` and \`npm test\` build whatever is missing.\n`,
  );
});

test("the manifest names this version and the package names its platform", () => {
  assert.equal(JSON.parse(textOf("extension/package.json")).version, version);
  assert.match(textOf("extension.vsixmanifest"), new RegExp(`TargetPlatform="${target}"`));
});

test("every file that the manifest points at is there", () => {
  const text = textOf("extension/package.json");
  const paths = [...text.matchAll(/"\.?\/?((?:dist|media|schemas|bin)\/[^"#?]+)"/g)];
  assert.ok(paths.length > 3);
  for (const [, path = ""] of paths) textOf(`extension/${path}`);
});

test("no bundle holds a path of the machine that built it", () => {
  for (const { path, read } of entries) {
    if (/\.(cjs|js|json)$/.test(path)) assert.equal(read().includes(root), false, path);
  }
});

test("the notices name what is packed with its licence and exact version", () => {
  const notices = textOf("extension/dist/THIRD-PARTY-NOTICES.txt");
  for (const pattern of [
    /zod \d+\.\d+\.\d+ \(MIT\)/,
    /golang\.org\/x\/net v\d+\.\d+\.\d+ \(BSD-3-Clause\)/,
    /linux-(image|source)-\S+ \(Debian source package linux \S+\) \S+ \(GPL-2\.0/,
    /e2fsprogs \(Debian source package e2fsprogs \S+\)/,
    /busybox\S* \(Debian source package busybox \S+\)/,
    /ca-certificates \(Debian source package ca-certificates \S+\) \S+ \(.*MPL-2\.0/,
    /complete corresponding source code/,
    /GNU GENERAL PUBLIC LICENSE/,
  ])
    assert.match(notices, pattern);
});
