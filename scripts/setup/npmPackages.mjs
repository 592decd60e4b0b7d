// Installs the npm packages of the lock file, once per content of that file.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { outputOf, projectNode, root, run, SetupError, say } from "./run.mjs";
import { filesHash, isCurrent, markCurrent } from "./stamps.mjs";

const oldestNode = 20;

/** Installs the npm packages when `node_modules` is missing or made from another lock file. */
export function installNpmPackages() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < oldestNode)
    throw new SetupError(`Node ${oldestNode} or newer is needed, this is ${process.version}.`);
  const key = filesHash(["package.json", "package-lock.json", ".npmrc"]);
  if (isCurrent("npm", key) && outputOf(projectNode, ["--version"])) return;
  say("installing the npm packages");
  try {
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { quiet: true });
  } catch (error) {
    // A registry that lacks an optional package of some other platform makes `npm ci` refuse the lock file.
    say(`${error.message}; trying \`npm install\``);
    run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  ensurePlatformPrograms();
  markCurrent("npm", key);
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
