import assert from "node:assert/strict";
import { test } from "node:test";
import { DisposableStore, onDispose } from "#extension/services/disposables.ts";

test("a store disposes the last arrival first, and late arrivals at once", () => {
  const order: string[] = [];
  const store = new DisposableStore();
  for (const name of ["a", "b"]) store.add(onDispose(() => order.push(name)));
  store.dispose();
  store.add(onDispose(() => order.push("late")));
  store.dispose();
  assert.deepEqual(order, ["b", "a", "late"]);
});
