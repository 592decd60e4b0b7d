import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  knownFolder,
  livingTerminals,
  withoutTerminal,
} from "#extension/terminal/knownTerminals.ts";

const known = {
  7: { folder: "/p", name: "Sandbox: p" },
  8: { folder: "/q", name: "Sandbox: q" },
};

describe("the terminals that are remembered over a reload", () => {
  test("are known by their process and their name", () => {
    assert.equal(knownFolder(known, { pid: 7, name: "Sandbox: p" }), "/p");
    assert.equal(knownFolder(known, { pid: 7, name: "bash" }), undefined);
    assert.equal(knownFolder(known, { pid: 9, name: "Sandbox: p" }), undefined);
    assert.equal(knownFolder(known, { pid: undefined, name: "Sandbox: p" }), undefined);
  });

  test("are forgotten with their processes, whose numbers come again", () => {
    assert.deepEqual(Object.keys(livingTerminals(known, (pid) => pid === 8)), ["8"]);
    assert.deepEqual(Object.keys(withoutTerminal(known, 7)), ["8"]);
  });
});
