// Another image than the sandbox was made from: the question on the terminal, and the options that
// answer it in advance. A file outside the project shows which environment is in use.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { baseLayer } from "#test/support/baseLayer.ts";
import { cliWorld, resultOf, smallMachine, until } from "#test/support/cli.ts";
import { writeLayout } from "#test/support/ociLayout.ts";

const script = 'echo "$GENERATION $(ls /root)"';

test("a sandbox whose image has changed goes on as its user says", {
  timeout: 300_000,
}, async (t) => {
  const image = (tag: string) => smallMachine.replace('"embedded:base"', `"oci:./images:${tag}"`);
  const world = cliWorld({ "airlock.toml": image("old") });
  t.after(() => world.dispose());
  const layers = [baseLayer()];
  const config = (generation: string) => ({
    Env: ["PATH=/usr/bin:/bin", `GENERATION=${generation}`],
  });
  await writeLayout(join(world.project, "images"), {
    old: { layers, config: config("old") },
    new: { layers, config: config("new") },
  });
  const run = (...flags: string[]) =>
    world.run(["-q", "start", ...flags, "--", "sh", "-c", script]);
  /** Answers the question; gives everything that the terminal showed. */
  const onTerminal = async (answer: string) => {
    const child = world.spawnOnTerminal(["start", "--", "sh", "-c", script]);
    let seen = "";
    child.stdout.on("data", (data: Buffer) => {
      seen += data.toString();
    });
    const ended = resultOf(child);
    await until(() => seen.includes("[RECREATE/keep/cancel]"));
    child.stdin.write(`${answer}\r`);
    return { code: (await ended).code, seen };
  };

  const made = await world.run([
    "-q",
    "start",
    "--",
    "sh",
    "-c",
    "touch /root/mine; echo note > /airlock/disk/note; touch /tmp/gone",
  ]);
  assert.equal(made.code, 0, made.stderr);
  world.write("airlock.toml", image("new"));
  const refused = await run();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /image has changed from oci:\.\/images:old .*--keep-image goes on/s);

  const cancelled = await onTerminal("cancel");
  assert.equal(cancelled.code, 0, cancelled.seen);
  assert.match(cancelled.seen, /Aborted/);
  const kept = await onTerminal("keep");
  assert.equal(kept.code, 0, kept.seen);
  assert.match(kept.seen, /old mine\r?\n/);
  // The answer is remembered, so nothing is asked any more.
  assert.equal((await run()).stdout, "old mine\n");

  world.write("airlock.toml", image("old"));
  assert.equal((await run()).stdout, "old mine\n", "it is the image that is in use");
  world.write("airlock.toml", image("new"));
  assert.equal((await run("--keep-image")).stdout, "old mine\n");
  world.write("airlock.toml", image("old"));
  await run();
  world.write("airlock.toml", image("new"));
  const recreated = await onTerminal("");
  assert.match(recreated.seen, /new \r?\n/);
  assert.equal((await run()).stdout, "new \n");
  const kinds = ["-q", "start", "--", "sh", "-c", "cat /airlock/disk/note; ls /tmp/gone"];
  const { code, stdout } = await world.run(kinds);
  assert.notEqual(code, 0, "what is in /tmp ends with the machine");
  assert.equal(stdout, "note\n", "what is in /airlock/disk outlives the image");
});
