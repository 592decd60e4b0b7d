import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startChild } from "#helper/machine/process.ts";
import { findProgram, runProgram } from "#helper/machine/program.ts";
import { isRunning, untilGone } from "#test/support/processes.ts";
import { tempTree } from "#test/support/tempTree.ts";

function shell(t: TestContext, script: string) {
  const cwd = tempTree(t, {});
  const logPath = join(cwd, "log");
  const call = { command: "sh", args: ["-c", script] };
  return { logPath, started: startChild(call, { cwd, logPath }) };
}

test("a child's output is in its log when it has ended", async (t) => {
  const { logPath, started } = shell(t, "echo out; echo err >&2; exit 7");
  assert.deepEqual(await (await started).ended, { code: 7, signal: null });
  assert.deepEqual(readFileSync(logPath, "utf8").trim().split("\n").sort(), ["err", "out"]);
});

test("a child that ignores the polite request is killed after the grace", async (t) => {
  const script = "trap '' TERM; echo deaf; while :; do sleep 0.05; done";
  const { started, logPath } = shell(t, script);
  const child = await started;
  while (!readFileSync(logPath, "utf8").includes("deaf")) await delay(5);
  await child.stop(100);
  assert.deepEqual(await child.ended, { code: null, signal: "SIGKILL" });
  assert.equal(isRunning(child.pid), false);
});

test("a program that does not exist is an error, not a crash", async (t) => {
  const cwd = tempTree(t, {});
  const call = { command: "/no/such/program", args: [] };
  const outcome = await startChild(call, { cwd, logPath: join(cwd, "log") }).then(
    (child) => child.ended,
    (error: Error) => error,
  );
  assert.ok(outcome instanceof Error || outcome.code !== 0);
  assert.equal((await runProgram(call, { timeoutMs: 1000 })).code, null);
});

test("a child's endless output takes bounded room, the newest of it is kept", async (t) => {
  const { logPath, started } = shell(t, "yes 0123456789 | head -c 3000000; echo the end");
  await (await started).ended;
  assert.ok(statSync(logPath).size <= 1024 * 1024);
  assert.match(readFileSync(logPath, "utf8"), /the end\n$/);
});

test("a child dies with a parent that is killed", { skip: skipUnlessLinux() }, async (t) => {
  const cwd = tempTree(t, {});
  const parent = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { startChild } from "#helper/machine/process.ts";
     const child = await startChild({ command: "sleep", args: ["60"] },
       { cwd: ${JSON.stringify(cwd)}, logPath: ${JSON.stringify(join(cwd, "log"))} });
     console.log(child.pid);`,
  ]);
  t.after(() => parent.kill("SIGKILL"));
  const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
  // What ties it to its parent has done so when it has become the program.
  while (readFileSync(`/proc/${pid}/comm`, "utf8") !== "sleep\n") await delay(5);
  parent.kill("SIGKILL");
  await untilGone(pid);
});

test("a program is found in the extra directories when the PATH lacks it", async () => {
  assert.equal(await findProgram("no-such-program-here"), undefined);
  const node = await findProgram("node", [join(process.execPath, "..")]);
  assert.ok(node?.endsWith("/node"));
});

function skipUnlessLinux(): string | false {
  return process.platform === "linux" ? false : "only Linux kills children of dead parents";
}

test("a child sees no variable that could be a secret", async (t) => {
  process.env.GITHUB_TOKEN = "planted";
  t.after(() => delete process.env.GITHUB_TOKEN);
  const { logPath, started } = shell(t, "env; exec sleep 1000");
  const child = await started;
  t.after(() => child.stop(0));
  while (!readFileSync(logPath, "utf8").includes("PATH=")) await delay(5);
  const seen = readFileSync(logPath, "utf8");
  assert.match(seen, new RegExp(`^HOME=${process.env.HOME}$`, "m"));
  assert.doesNotMatch(seen, /planted|GITHUB/);
});

test("a setpriv that cannot tie a child to its parent is done without", async (t) => {
  const bin = tempTree(t, { setpriv: "#!/bin/sh\n[ $1 = --help ] && echo BusyBox; exit 1\n" });
  chmodSync(join(bin, "setpriv"), 0o755);
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${bin}:${PATH}`;
  const { started } = shell(t, "exit 7");
  assert.equal((await (await started).ended).code, 7);
});
