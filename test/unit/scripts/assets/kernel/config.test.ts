import assert from "node:assert/strict";
import { test } from "node:test";
import {
  configDifferences,
  parseKernelConfig,
} from "../../../../../scripts/assets/kernel/config.ts";

const built = parseKernelConfig(
  ["# a comment", "CONFIG_A=y", "# CONFIG_B is not set", 'CONFIG_NAME="-x"', "CONFIG_M=m"].join(
    "\n",
  ),
);

test("options that are set, off, numbers and texts are read", () => {
  assert.deepEqual(
    [...built],
    [
      ["A", "y"],
      ["B", "n"],
      ["NAME", '"-x"'],
      ["M", "m"],
    ],
  );
});

test("what a later line says counts", () => {
  assert.equal(parseKernelConfig("CONFIG_A=y\n# CONFIG_A is not set").get("A"), "n");
});

test("nothing is said about a configuration that is as wanted", () => {
  const wanted = parseKernelConfig("CONFIG_A=y\n# CONFIG_B is not set\n# CONFIG_GONE is not set");
  assert.deepEqual(configDifferences(wanted, built), []);
});

test("every option that was dropped, turned off or made a module is named", () => {
  const wanted = parseKernelConfig("CONFIG_B=y\nCONFIG_M=y\nCONFIG_GONE=y\n# CONFIG_A is not set");
  assert.deepEqual(configDifferences(wanted, built), [
    "CONFIG_B should be y and is n",
    "CONFIG_M should be y and is m",
    "CONFIG_GONE should be y and is unknown or its needs are not met",
    "CONFIG_A should be n and is y",
  ]);
});
