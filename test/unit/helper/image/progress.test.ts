import assert from "node:assert/strict";
import { test } from "node:test";
import { type ImageProgress, PullProgress } from "#helper/image/progress.ts";
import { Rate } from "#helper/image/rate.ts";

const layers = [
  { digest: "a", size: 1000 },
  { digest: "b", size: 3000 },
];

test("what is fetched has a rate and a time left, and is then unpacked", () => {
  let now = 0;
  let last: ImageProgress | undefined;
  const emit = (progress: ImageProgress) => {
    last = progress;
  };
  const progress = new PullProgress(
    { name: "x", layers, isFetched: true },
    emit,
    new Rate(() => now),
  );
  progress.fetched("a", 0);
  now = 1000;
  progress.fetched("a", 1000);
  assert.deepEqual([last?.doneBytes, last?.totalBytes], [1000, 4000]);
  assert.deepEqual([last?.bytesPerSecond, last?.secondsLeft], [1000, 3]);
  assert.deepEqual(
    last?.layers?.map(({ state }) => state),
    ["fetched", "waiting"],
  );
  progress.unpacked("a", 1000);
  progress.fetched("b", 3000);
  assert.equal(last?.text, "unpacking x");
  assert.deepEqual(
    last?.layers?.map(({ state }) => state),
    ["done", "fetched"],
  );
  assert.equal(last?.bytesPerSecond, null, "the speed of a transfer is not that of unpacking");
  progress.unpacked("b", 3000);
  assert.equal(last?.doneBytes, 4000);
  assert.deepEqual(
    last?.layers?.map(({ state }) => state),
    ["done", "done"],
  );
});

test("what lies on this machine has a rate and a time left, too", () => {
  let now = 0;
  const told: ImageProgress[] = [];
  const parts = { name: "x", layers, isFetched: false };
  const progress = new PullProgress(parts, (step) => told.push(step), new Rate(() => now));
  progress.unpacked("a", 500);
  now = 1000;
  progress.unpacked("a", 500);
  assert.deepEqual(
    told.map(({ bytesPerSecond, secondsLeft }) => [bytesPerSecond, secondsLeft]),
    [
      [null, null],
      [500, 6],
    ],
  );
});

test("a rate needs no total, and an amount beyond it leaves no time", () => {
  let now = 0;
  const rate = new Rate(() => now);
  rate.measure(0, null);
  now = 2000;
  assert.deepEqual(rate.measure(4000, null), { bytesPerSecond: 2000, secondsLeft: null });
  assert.deepEqual(rate.measure(4000, 3000), { bytesPerSecond: 2000, secondsLeft: null });
  rate.restart();
  assert.equal(rate.measure(5000, null).bytesPerSecond, null);
});
