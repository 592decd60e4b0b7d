import assert from "node:assert/strict";
import { test } from "node:test";
import { progressDetails } from "#shared/progressText.ts";

const layer = (state: "waiting" | "fetching" | "fetched" | "done", doneBytes: number) => ({
  state,
  doneBytes,
  totalBytes: 1000,
});

test("a pull tells its rate, the time left and each layer on its way", () => {
  const layers = [layer("done", 1000), layer("fetching", 405), layer("fetching", 70)];
  assert.equal(
    progressDetails({ bytesPerSecond: 3 << 20, secondsLeft: 75, layers }),
    "3 MiB/s, 1 min 15 s left, 1/3 layers, 40 % 7 %",
  );
});

test("what is not known is left out", () => {
  assert.equal(progressDetails({}), "");
  assert.equal(progressDetails({ bytesPerSecond: null, secondsLeft: 0 }), "0 s left");
  assert.equal(progressDetails({ layers: [layer("fetching", 1)] }), "");
  assert.equal(
    progressDetails({ layers: [layer("waiting", 0), layer("waiting", 0)] }),
    "0/2 layers",
  );
});
