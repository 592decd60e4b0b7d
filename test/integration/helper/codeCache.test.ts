// The compiled code that the command line tool keeps between runs.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { version } from "#shared/version.ts";
import { type CliWorld, cliWorld } from "../../support/cli.ts";

const noCache =
  "enableCompileCache" in (await import("node:module")).default ? false : "Node is older than 22.1";

function world(t: TestContext): { world: CliWorld; directory: string } {
  const made = cliWorld({});
  t.after(() => made.dispose());
  return { world: made, directory: join(made.home, ".cache", "airlock", "code") };
}

test("compiled code is kept for the user alone, whatever the umask is", {
  skip: noCache,
}, async (t) => {
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const { world: made, directory } = world(t);
  assert.equal((await made.run(["--version"])).code, 0);
  assert.equal(statSync(join(directory, version)).mode & 0o777, 0o700);
  assert.ok(readdirSync(join(directory, version)).length > 0);
});

test("code of versions that are long out of use is forgotten", { skip: noCache }, async (t) => {
  const { world: made, directory } = world(t);
  for (const [name, ageDays] of [["0.0.1", 40] as const, ["0.0.2", 3] as const]) {
    mkdirSync(join(directory, name), { recursive: true });
    const then = new Date(Date.now() - ageDays * 24 * 60 * 60 * 1000);
    utimesSync(join(directory, name), then, then);
  }
  await made.run(["--version"]);
  assert.deepEqual(readdirSync(directory).sort(), ["0.0.2", version].sort());
});

test("without a place to write, everything works", async (t) => {
  const { world: made, directory } = world(t);
  // A file in the way stands for whatever makes the directory impossible: root may write anywhere.
  made.write("../home/.cache", "");
  assert.match((await made.run(["--version"])).stdout, /^airlock /);
  assert.equal(existsSync(directory), false);
});
