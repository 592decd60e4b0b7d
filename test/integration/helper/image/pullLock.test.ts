import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { withPullLock } from "#helper/image/pullLock.ts";
import { imageWorld } from "#test/support/imageWorld.ts";

const digest = `sha256:${"a".repeat(64)}`;
const onFollow = () => undefined;

describe("the lock of a pull", {
  skip: process.platform === "darwin" && "macOS has no flock",
}, () => {
  const { scratch } = imageWorld("lock");

  /** Runs two pulls at once and says how many were at work together. */
  async function overlap(signal: AbortSignal): Promise<number> {
    let working = 0;
    let most = 0;
    const pull = () =>
      withPullLock(digest, { signal, onFollow }, async () => {
        working += 1;
        most = Math.max(most, working);
        await delay(50);
        working -= 1;
      });
    await Promise.all([pull(), pull(), pull()]);
    return most;
  }

  it("is held by one at a time, also where flock is that of busybox", async () => {
    const { signal } = new AbortController();
    assert.equal(await overlap(signal), 1);
    const programs = join(scratch, "bin");
    mkdirSync(programs);
    const { PATH } = process.env;
    const script = `#!/bin/sh\ncase "$1" in -*) echo "unrecognized option" >&2; exit 1;; esac\nPATH='${PATH}' exec flock "$@"\n`;
    writeFileSync(join(programs, "flock"), script, { mode: 0o755 });
    process.env.PATH = `${programs}:${PATH}`;
    try {
      assert.equal(await overlap(signal), 1);
    } finally {
      process.env.PATH = PATH;
    }
  });

  it("is free again when a pull is cancelled while it waits or works", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const working = withPullLock(digest, { signal, onFollow }, async () => {
      begin();
      await delay(60_000, undefined, { signal });
    });
    await begun;
    const waiting = withPullLock(digest, { signal, onFollow }, async () => undefined);
    controller.abort();
    for (const { status } of await Promise.allSettled([working, waiting])) {
      assert.equal(status, "rejected");
    }
    assert.equal(await overlap(new AbortController().signal), 1);
  });
});
