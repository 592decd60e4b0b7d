// `npm start [-- directory]`: sets up whatever is missing, then starts the sandbox of examples/hello, or of
// another directory with an airlock.toml, and shows it from inside.
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { requireGo } from "./setup/goToolchain.mjs";
import { installNpmPackages } from "./setup/npmPackages.mjs";
import { buildProduct } from "./setup/product.mjs";
import { projectNode, root, runMain, say } from "./setup/run.mjs";
import { hostNeeds, installSystemPackages } from "./setup/systemPackages.mjs";

/** Runs inside the sandbox: what it is, what it sees, and then a shell for a person. */
const tour = `
echo "kernel:  $(uname -a)"
echo "image:   $(. /etc/os-release && echo "$PRETTY_NAME")"
echo "project: $(pwd)"
ls -la
if [ -t 0 ] && [ -t 1 ]; then exec sh -l; fi
`;

await runMain(() => {
  const startedAt = performance.now();
  installNpmPackages();
  installSystemPackages(hostNeeds);
  requireGo();
  buildProduct();
  const project = resolve(process.argv[2] ?? join(root, "examples", "hello"));
  say(
    `everything is up to date after ${Math.round(performance.now() - startedAt)} ms; starting the sandbox of ${project}`,
  );
  const args = [join(root, "dist", "airlock.cjs"), "start", "--yes", "--", "sh", "-c", tour];
  const { status } = spawnSync(projectNode, args, { cwd: project, stdio: "inherit" });
  return status ?? 1;
});
