// Installs the npm packages of the lock file, when node_modules does not hold them already.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { outputOf, projectNode, root, run, SetupError, say } from "./run.mjs";

const oldestNode = 20;

/** Installs the npm packages when they are missing or other ones than the lock file names. */
export function installNpmPackages() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < oldestNode)
    throw new SetupError(`Node ${oldestNode} or newer is needed, this is ${process.version}.`);
  if (isInstalled() && existsSync(projectNode)) return;
  say("installing the npm packages");
  try {
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { quiet: true });
  } catch (error) {
    // A registry that lacks an optional package of some other platform makes `npm ci` refuse the lock file.
    say(`${error.message}; trying \`npm install\``);
    run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  ensurePlatformPrograms();
}

/** Compares the lock file with npm's own record of what it put into node_modules. */
function isInstalled() {
  const installed = packagesIn(join("node_modules", ".package-lock.json"));
  return Object.entries(packagesIn("package-lock.json")).every(
    ([path, { version, optional }]) =>
      path === "" || installed[path]?.version === version || (optional && !installed[path]),
  );
}

function packagesIn(lockFile) {
  const path = join(root, lockFile);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

/**
 * npm runs no install scripts where a user's configuration says so. The two packages whose programs
 * come by such a script are then completed here.
 */
function ensurePlatformPrograms() {
  for (const [name, script] of [
    ["node", "installArchSpecificPackage"],
    ["esbuild", "install.js"],
  ]) {
    const folder = join(root, "node_modules", name);
    if (existsSync(join(folder, "bin", name)) && outputOf(join(folder, "bin", name), ["--version"]))
      continue;
    run(process.execPath, [script], { cwd: folder, quiet: true });
  }
  if (!outputOf(projectNode, ["--version"]))
    throw new SetupError("the npm package `node` did not install; is this platform supported?");
}
