import assert from "node:assert/strict";
import { test } from "node:test";
import {
  configDifferences,
  parseKernelConfig,
} from "../../../../../scripts/assets/kernel/config.ts";
import { kernelFragments } from "../../../../../scripts/assets/kernel/ownKernel.ts";
import { requiredConfig } from "../../../../../scripts/assets/kernel/required.ts";

for (const arch of ["x64", "arm64"] as const) {
  test(`the fragments for ${arch} ask for everything that the product needs`, () => {
    const fragments = parseKernelConfig(kernelFragments(arch));
    assert.deepEqual(configDifferences(requiredConfig(arch), fragments), []);
  });

  test(`the fragments for ${arch} name no option twice`, () => {
    const lines = kernelFragments(arch).matchAll(/^(?:# )?CONFIG_(\w+)(?:=| is not set$)/gm);
    const names = [...lines].map(([, name]) => name);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    assert.deepEqual(twice, []);
    assert.ok(names.length > 200);
  });
}
