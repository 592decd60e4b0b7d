import assert from "node:assert/strict";
import { test } from "node:test";
import { type ImageProgress, PullProgress } from "#helper/image/progress.ts";

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
  const progress = new PullProgress({ name: "x", layers, isFetched: true }, emit, () => now);
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
  progress.unpacked("b", 3000);
  assert.equal(last?.doneBytes, 4000);
  assert.deepEqual(
    last?.layers?.map(({ state }) => state),
    ["done", "done"],
  );
});
