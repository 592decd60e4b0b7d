// What the server keeps between two questions, and what makes it look again.
import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startSession } from "#test/support/languageSession.ts";

const mount = (name: string) => `[mounts.${name}]\nsource = "x"\ntarget = "/x"\n`;

test("a problem that two files make is shown in both, each with the way to the other", async (t) => {
  const session = await startSession(t, {
    "p/airlock.toml": mount("a"),
    "p/airlock.local.toml": "",
  });
  await session.open("p/airlock.local.toml", mount("b"));
  const [here] = await session.until("p/airlock.local.toml", ["clash"]);
  const [there] = await session.until("p/airlock.toml", ["clash"]);
  assert.equal(here?.relatedInformation?.[0]?.location.uri, session.uri("p/airlock.toml"));
  assert.equal(there?.relatedInformation?.[0]?.location.uri, session.uri("p/airlock.local.toml"));
  const actions = (path: string, diagnostic: unknown) =>
    session.ask<{ title: string }[]>("codeAction", path, {
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [diagnostic] },
    });
  const titles = (await actions("p/airlock.local.toml", here)).map(({ title }) => title);
  assert.deepEqual(titles, ["Switch off `mounts.b`"]);
  await session.open("p/airlock.toml", mount("a"));
  assert.deepEqual(await actions("p/airlock.toml", there), []);
  await session.change("p/airlock.local.toml", "");
  await session.until("p/airlock.toml", []);
});

test("changes of files that are not open are seen without being told", async (t) => {
  const session = await startSession(t, { "p/airlock.toml": "", "p/other": "" });
  const local = join(session.home, "p", "airlock.local.toml");
  await session.open("p/airlock.toml", mount("a"));
  writeFileSync(local, mount("b"));
  await session.until("p/airlock.local.toml", ["clash"]);
  const next = join(session.home, "p", "next");
  writeFileSync(next, "vm.cpus = 0\n");
  renameSync(next, local);
  await session.until("p/airlock.local.toml", ["value"]);
  rmSync(local);
  await session.until("p/airlock.local.toml", []);
  // The text is there at once with the directory, whose appearance is all that can be watched.
  mkdirSync(join(session.home, "new"));
  writeFileSync(join(session.home, "new", "config.toml"), "unknown = 1\n");
  renameSync(join(session.home, "new"), join(session.home, ".airlock"));
  await session.until(".airlock/config.toml", ["unknown-key"]);
});

test("a file behind a link is read each time", async (t) => {
  const session = await startSession(t, { "p/airlock.toml": "", "elsewhere/local.toml": "" });
  const target = join(session.home, "elsewhere", "local.toml");
  symlinkSync(target, join(session.home, "p", "airlock.local.toml"));
  await session.open("p/airlock.toml", "vm.cpus = 1\n");
  writeFileSync(target, "unknown = 1\n");
  await session.change("p/airlock.toml", "");
  await session.until("p/airlock.local.toml", ["unknown-key"]);
});
