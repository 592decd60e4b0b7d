import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "#core/config/names/nearest.ts";

test("distance counts insertions, deletions, replacements and swaps", () => {
  const pairs = [
    ["", ""],
    ["a", ""],
    ["cpus", "cpu"],
    ["cpus", "cpsu"],
    ["abc", "axc"],
    ["ab", "cd"],
  ];
  assert.deepEqual(
    pairs.map(([a = "", b = ""]) => editDistance(a, b)),
    [0, 1, 1, 1, 1, 2],
  );
});

test("the nearest name is found, and nothing for a name unlike all", () => {
  const keys = ["image", "cpus", "memory", "kvm", "harden"];
  assert.deepEqual(
    ["cpu", "memroy", "Image", "hardening", "mem", "kwm", "frobnicate", "zz"].map((name) =>
      nearest(name, keys),
    ),
    ["cpus", "memory", "image", "harden", "memory", "kvm", undefined, undefined],
  );
});
