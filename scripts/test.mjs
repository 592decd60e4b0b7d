// `npm test`: sets up what the product and its tests need, builds the product, then runs every stage.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { requireGo } from "./setup/goToolchain.mjs";
import { installNpmPackages } from "./setup/npmPackages.mjs";
import { buildProduct } from "./setup/product.mjs";
import { projectNode, root, run, runMain } from "./setup/run.mjs";
import { hostNeeds, installSystemPackages, testNeeds } from "./setup/systemPackages.mjs";

await runMain(() => {
  try {
    installNpmPackages();
    installSystemPackages([...hostNeeds, ...testNeeds]);
    requireGo();
    buildProduct();
    const sizes = process.argv.slice(2);
    // Here and not in its stage, because the first download takes a minute or two.
    if (sizes.length === 0 || sizes.includes("e2e"))
      run("bash", [join(root, "test", "support", "setupWorkbench.sh")]);
  } catch (error) {
    console.error(error.message);
    console.log("failed: the set-up, so that no test ran");
    console.log("0 passed, 1 failed");
    return 1;
  }
  const args = [join(root, "scripts", "test", "run.ts"), ...process.argv.slice(2)];
  const { status } = spawnSync(projectNode, args, { cwd: root, stdio: "inherit" });
  return status ?? 1;
});
