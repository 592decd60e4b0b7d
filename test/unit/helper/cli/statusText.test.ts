import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { configuredParts } from "#core/config/configured.ts";
import { configSchema } from "#core/config/schema.ts";
import { amount, relativeTime, statusText } from "#helper/cli/statusText.ts";
import { alignRows, palette, wantsColour } from "#helper/cli/style.ts";
import { printable } from "#shared/printable.ts";
import { fakeShow } from "../../../support/fakeStatus.ts";

const plain = palette({ isTTY: false });
const now = Date.parse("2026-01-02T05:04:05.000Z");

test("show prints a running and a failed sandbox like the golden files", () => {
  const running = fakeShow("/home/user/project", { hostRssBytes: 187 * 2 ** 20 });
  assertGolden("running", statusText(running, now, plain));
  const failed = fakeShow("/home/user/project", {
    status: "failed",
    guestPath: "/workspace",
    failure: { code: "machine-ended", message: "The virtual machine was ended.\nIts log" },
    disk: null,
    startedAt: null,
    notActive: ["network.rules.web", "daemons.db"],
  });
  assertGolden("failed", statusText(failed, now, plain));
});

test("show tells what is configured, what is switched off and what this version cannot do yet", () => {
  const configured = configuredParts({
    ...configSchema.parse({
      mounts: {
        src: { source: "~/src", target: "/src", read_only: true },
        gone: { source: "/a", target: "/b", enabled: false },
      },
      disk: { cache: { npm: { paths: ["/root/.npm", "/root/.cache"] } } },
      network: {
        policy: "deny-by-default",
        rules: {
          web: { allow: ["a.org", "b.org"], deny: ["c.org"] },
          off: { enabled: false, allow: ["d.org"] },
        },
        middleware: { log: { target: ["a.org"], script: "x" } },
      },
    }),
    vm: { ...configSchema.parse({}).vm, cpus: 1, memory: 1 },
  });
  assertGolden("configured", statusText(fakeShow("/p", { configured }), now, plain));
});

test("show says since when a sandbox is suspended and what that takes", () => {
  const since = "2026-01-02T03:04:05.000Z";
  const suspended = fakeShow("/p", {
    status: "suspended",
    suspended: { since, sizeBytes: 100 * 2 ** 20 },
  });
  const text = statusText(suspended, now, plain);
  assert.match(text, /^Status +suspended\nSuspended +2 hours ago, memory of 100\.0 MB on disk/m);
});

test("show prints nothing of a planted status that a terminal obeys", () => {
  const planted = fakeShow("/p", {
    status: "failed",
    guestPath: "/\u001b]0;title\u0007",
    failure: { code: "x", message: "\u001b[2J" },
    notActive: ["a\nStatus  running"],
  });
  const text = statusText(planted, now, plain);
  assert.equal(text, printable(text));
  assert.doesNotMatch(text, /^Status {2,}running/m);
});

test("amounts have one decimal above a megabyte and whole kilobytes below", () => {
  assert.deepEqual([0, 1, 1024, 1_572_864, 10 * 2 ** 30].map(amount), [
    "0 KB",
    "1 KB",
    "1 KB",
    "1.5 MB",
    "10.0 GB",
  ]);
});

test("times are told in the largest unit that is not zero", () => {
  const texts = [0, 59_999, 60_000, 7_200_000, 172_800_000].map(relativeTime);
  assert.deepEqual(texts, ["just now", "just now", "1 minute ago", "2 hours ago", "2 days ago"]);
});

test("colour follows NO_COLOR, FORCE_COLOR and the terminal, in this order", () => {
  assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: "1", FORCE_COLOR: "1" }), false);
  assert.equal(wantsColour({ isTTY: false }, { FORCE_COLOR: "1" }), true);
  assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: "" }), true);
  assert.equal(wantsColour({ isTTY: true }, { TERM: "dumb" }), false);
  assert.equal(wantsColour({}, {}), false);
});

test("columns are aligned by the longest label", () => {
  assert.equal(
    alignRows(
      [
        ["a", "1"],
        ["long", "2"],
        ["", "3"],
      ],
      (text) => text,
    ),
    "a     1\nlong  2\n      3\n",
  );
});

/** AIRLOCK_UPDATE_GOLDEN=1 writes the files anew. */
function assertGolden(name: string, actual: string): void {
  const path = join(import.meta.dirname, `statusText.${name}.golden.txt`);
  if (process.env.AIRLOCK_UPDATE_GOLDEN) writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
}
