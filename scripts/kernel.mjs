// `npm run build:kernel [-- --arch arm64]`: sets up what compiling needs, builds the guest's kernel, and makes
// the boot assets with it.
import { parseArgs } from "node:util";
import { requireGo } from "./setup/goToolchain.mjs";
import { installNpmPackages } from "./setup/npmPackages.mjs";
import { runMain, runScript } from "./setup/run.mjs";
import {
  installSystemPackages,
  kernelNeeds,
  refreshPackageLists,
} from "./setup/systemPackages.mjs";

await runMain(() => {
  const { values } = parseArgs({ options: { arch: { type: "string", default: process.arch } } });
  installNpmPackages();
  installSystemPackages(kernelNeeds(values.arch));
  requireGo();
  refreshPackageLists();
  runScript("scripts/assets/kernel/build.ts", [values.arch]);
  runScript("scripts/assets/vm.ts", [values.arch]);
  return 0;
});
