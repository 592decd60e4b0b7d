import assert from "node:assert/strict";
import { test } from "node:test";
import { type StartFlags, startOptions } from "#helper/cli/start/options.ts";

const options = (flags: StartFlags, command?: string[], env = {}) =>
  startOptions(flags, command, env);

test("the log level comes from the option, then the environment, then is info", () => {
  assert.equal(options({}).logLevel, "info");
  assert.equal(options({}, undefined, { AIRLOCK_LOG_LEVEL: "warn" }).logLevel, "warn");
  assert.equal(
    options({ logLevel: "trace" }, undefined, { AIRLOCK_LOG_LEVEL: "warn" }).logLevel,
    "trace",
  );
  assert.throws(() => options({ logLevel: "loud" }), /trace, debug|unknown/);
});

test("--sandbox-cwd is absolute, tidied, and covers nothing the sandbox needs", () => {
  assert.equal(options({ sandboxCwd: "/inside//x/../y/" }).sandboxCwd, "/inside/y");
  for (const wrong of ["work", "", "/", "/proc", "/dev/shm", "/sys/..", "/a/.."]) {
    assert.throws(() => options({ sandboxCwd: wrong }), { exitCode: 2 }, wrong);
  }
  assert.equal(options({ sandboxCwd: "/device" }).sandboxCwd, "/device");
});

test("a sandbox suspends itself only when told to, after a number of minutes that is one", () => {
  assert.deepEqual(options({}).suspend, { onWindowClose: false, idleMinutes: 0 });
  const told = options({ suspendOnClose: true, suspendIdle: "1.5" }).suspend;
  assert.deepEqual(told, { onWindowClose: true, idleMinutes: 1.5 });
  for (const wrong of ["", "soon", "-1", "Infinity"]) {
    assert.throws(() => options({ suspendIdle: wrong }), { exitCode: 2 }, wrong);
  }
  assert.throws(() => options({ resume: true, discardSuspended: true }), { exitCode: 2 });
});

test("--detach takes no command, and `--` wants one", () => {
  assert.throws(() => options({ detach: true }, ["true"]), { exitCode: 2 });
  assert.throws(() => options({}, []), { exitCode: 2 });
  assert.deepEqual(options({}, ["-x", "--"]).command, ["-x", "--"]);
});
