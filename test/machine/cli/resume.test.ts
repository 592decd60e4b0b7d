// What becomes of a suspended sandbox, and of its programs' work, when its resume fails or is given up.
import assert from "node:assert/strict";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type CliWorld, cliWorld, resultOf, smallMachine } from "../../support/cli.ts";

let world: CliWorld;
const shell = async (script: string) =>
  (await world.run(["exec", "sh", "-c", script])).stdout.trim();
const sandboxDir = () => join(world.project, ".airlock/sandbox");
const records = () => readdirSync(join(world.home, ".airlock/suspended"));

/** Writes its last words to the disk when it is asked to end. */
const program =
  "setsid sh -c 'trap \"echo orderly > /airlock/disk/note; exit\" TERM HUP; while :; do sleep 0.1; done' > /dev/null 2>&1 & echo $!";

async function succeed(...args: string[]): Promise<string> {
  const { code, stderr } = await world.run(args);
  assert.equal(code, 0, stderr);
  return stderr;
}

describe("a suspended sandbox", { timeout: 400_000 }, () => {
  before(() => {
    world = cliWorld({ "airlock.toml": smallMachine });
  });
  after(() => world.dispose());
  let pid = "";
  beforeEach(async () => {
    if ((await world.status()).status !== "running") {
      await succeed("start", "--detach", "--yes", "--discard-suspended");
    }
    await shell("rm -f /airlock/disk/note");
    pid = await shell(program);
    await succeed("suspend");
  });

  test("is kept when it could not be loaded just now, whatever `--yes` agrees to", async () => {
    // In the place of a socket, where nothing of the state is wrong.
    const obstacle = join(sandboxDir(), "qmp.sock");
    mkdirSync(obstacle);
    const { code, stderr } = await world.run(["start", "--detach", "--yes"]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /could not be resumed just now: .*\n.*still suspended/s);
    assert.equal((await world.status()).status, "suspended");
    rmdirSync(obstacle);
    assert.match(await succeed("start", "--detach", "--yes"), /Sandbox resumed/);
    assert.equal(await shell(`kill -0 ${pid} && echo alive`), "alive");
  });

  test("is not loaded from files that somebody has rewritten", async () => {
    const name = readdirSync(sandboxDir()).find((one) => one.startsWith("suspended-")) ?? "";
    const memory = join(sandboxDir(), name, "memory");
    const { atime, mtime } = statSync(memory);
    writeFileSync(memory, "x", { flag: "r+" });
    utimesSync(memory, atime, mtime);
    const { code, stderr } = await world.run(["start", "--detach"]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /cannot be resumed: its memory has been changed since/);
    assert.equal((await world.status()).status, "suspended");
  });

  test("is shut down in order when its start is interrupted after its guest has woken up", async () => {
    const child = world.spawn(["start", "--detach"]);
    const ended = resultOf(child);
    while (records().length > 0) await delay(1);
    child.kill("SIGINT");
    assert.notEqual((await ended).code, 0);
    assert.equal((await world.status()).status, "stopped");
    const log = readFileSync(join(world.project, ".airlock/airlock.log"), "utf8");
    await succeed("start", "--detach");
    assert.equal(await shell("cat /airlock/disk/note"), "orderly", log);
  });
});
