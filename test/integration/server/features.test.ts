// Links, colours and images through the protocol.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { startSession } from "#test/support/languageSession.ts";

test("links lead to files as the configuration means them, and to web pages", async (t) => {
  const session = await startSession(t, { "p/airlock.yaml": "", ".airlock/config.toml": "" });
  const text = "# https://a.example/b\nvm: {image: 'oci:./dir', kernel: ~/k, initramfs: /i}\n";
  await session.open("p/airlock.yaml", text);
  const links = await session.ask<{ target: string; tooltip: string }[]>(
    "documentLink",
    "p/airlock.yaml",
  );
  const file = (...segments: string[]) => pathToFileURL(join(...segments)).href;
  assert.deepEqual(
    links.map(({ target }) => target),
    [
      ...[file(session.home, "p", "dir"), file(session.home, "k"), file("/i")],
      "https://a.example/b",
    ],
  );
  assert.equal(links[1]?.tooltip, `Open ${join(session.home, "k")}`);
  await session.open(".airlock/config.toml", 'vm = { kernel = "rel", initramfs = "/i" }\n');
  const user = await session.ask<{ target: string }[]>("documentLink", ".airlock/config.toml");
  assert.deepEqual(
    user.map(({ target }) => target),
    [file("/i")],
  );
});

test("relative paths of the settings start in the home directory", async (t) => {
  const session = await startSession(t, { ".airlock/settings.toml": "", "certs/ca.pem": "" });
  await session.open(".airlock/settings.toml", 'registries.x.ca = "certs/ca.pem"\n');
  const links = await session.ask<{ target: string }[]>("documentLink", ".airlock/settings.toml");
  assert.equal(links[0]?.target, pathToFileURL(join(session.home, "certs", "ca.pem")).href);
  const { items } = await session.ask<{ items: { label: string }[] }>(
    ...([
      "completion",
      ".airlock/settings.toml",
      { position: { line: 0, character: 25 } },
    ] as const),
  );
  assert.deepEqual(
    items.map(({ label }) => label),
    ["ca.pem"],
  );
});

test("a hover links to a preset in the way that the client knows, and repeats nobody", async (t) => {
  const text = 'presets = ["debian"]\nnetwork.rules.debian-packages.allow = []\n';
  const position = { line: 1, character: 33 };
  const hoverOf = async (options: object) => {
    const session = await startSession(t, { "p/airlock.toml": "" }, { options });
    await session.open("p/airlock.toml", text);
    const found = await session.ask<{ contents: { value: string } }>(
      ...(["hover", "p/airlock.toml", { position }] as const),
    );
    return found.contents.value;
  };
  const plain = await hoverOf({});
  assert.match(plain, /Targets the sandbox may reach/);
  assert.match(plain, /\[preset debian:4\]\(airlock-preset:\/airlock-presets\/debian\.toml#4\)/);
  const inCode = await hoverOf({ genericElsewhere: ["toml"], presetCommand: "show.preset" });
  assert.doesNotMatch(inCode, /Targets the sandbox may reach/);
  assert.ok(inCode.includes("(command:show.preset?%5B%22debian%22%2C4%5D)"), inCode);
});

test("scripts get their colours, all of them or those in sight", async (t) => {
  const session = await startSession(t, { "p/airlock.toml": "" });
  const text = "[network.middleware.m]\nscript = '''\nlocal 😀 = 1\nreturn 2\n'''\n";
  await session.open("p/airlock.toml", text);
  const all = await session.ask<{ data: number[] }>("semanticTokens/full", "p/airlock.toml");
  // Line and column, each from the word before; length; kind; modifiers.
  assert.deepEqual(all.data, [
    ...[2, 0, 5, 0, 0],
    ...[0, 11, 1, 2, 0],
    ...[1, 0, 6, 0, 0],
    ...[0, 7, 1, 2, 0],
  ]);
  const range = { start: { line: 3, character: 0 }, end: { line: 4, character: 0 } };
  const some = await session.ask<{ data: number[] }>("semanticTokens/range", "p/airlock.toml", {
    range,
  });
  assert.deepEqual(some.data, [...[3, 0, 6, 0, 0], ...[0, 7, 1, 2, 0]]);
});

/** Stands for the command line tool: what it is asked, it answers and notes. */
const tool = `
const { appendFileSync } = require("node:fs");
const args = process.argv.slice(2);
appendFileSync(process.env.HOME + "/asked", args.join(" ") + "\\n");
const tags = args[3] === undefined ? [] : ["1.2", "latest"].map((tag) => args[3] + ":" + tag);
const names = args[3] === undefined ? ["docker/app:1"] : tags;
console.log(JSON.stringify({ images: names.map((name) => ({ name, detail: "from the tool" })) }));
`;

type Labels = { items: { label: string }[]; isIncomplete: boolean };

test("in a trusted folder, images of Docker and tags of the registry are proposed", async (t) => {
  const files = { "p/airlock.toml": "", "tool.cjs": tool };
  const session = await startSession(t, files, {
    options: { program: "tool.cjs", isTrusted: true },
  });
  const text = 'vm.image = "ghcr.example/a/b:"\n';
  await session.open("p/airlock.toml", text);
  const labels = async (character: number) => {
    const position = { line: 0, character };
    const { items, isIncomplete } = await session.ask<Labels>("completion", "p/airlock.toml", {
      position,
    });
    assert.ok(isIncomplete);
    return items.map(({ label }) => label);
  };
  const deadline = performance.now() + 20_000;
  for (;;) {
    const found = await labels(text.length - 2);
    if (found.includes("docker/app:1") && found.includes("ghcr.example/a/b:1.2")) break;
    assert.ok(performance.now() < deadline, found.join());
  }
  assert.ok((await labels(12)).includes("embedded:base"));
  const asked = readFileSync(join(session.home, "asked"), "utf8").trim().split("\n");
  assert.equal(asked.length, new Set(asked).size, "an answer is kept for a while");
});

test("whoever answers slowly about images keeps nobody waiting", async (t) => {
  const slow = `setTimeout(() => {\n${tool}\n}, 8_000);`;
  const files = { "p/airlock.toml": "", "tool.cjs": slow };
  const options = { program: "tool.cjs", isTrusted: true };
  const session = await startSession(t, files, { options });
  await session.open("p/airlock.toml", 'vm.image = "ghcr.example/a/b:"\n');
  const startMs = performance.now();
  const position = { line: 0, character: 29 };
  const { items } = await session.ask<Labels>("completion", "p/airlock.toml", { position });
  assert.ok(performance.now() - startMs < 5_000);
  assert.ok(items.some(({ label }) => label === "embedded:base"));
});

test("in other folders nobody is asked, until the user trusts them", async (t) => {
  const files = { "p/airlock.yaml": "", "tool.cjs": tool };
  const session = await startSession(t, files, { options: { program: "tool.cjs" } });
  await session.open("p/airlock.yaml", "vm:\n  image: evil.example/a:1\n");
  const ask = async () => {
    const position = { line: 1, character: 26 };
    const { items } = await session.ask<Labels>("completion", "p/airlock.yaml", { position });
    return items.map(({ label }) => label);
  };
  assert.ok(!(await ask()).includes("docker/app:1"));
  await session.connection.sendNotification("airlock/trustGranted");
  const deadline = performance.now() + 20_000;
  while (!(await ask()).includes("evil.example/a:1.2")) assert.ok(performance.now() < deadline);
});
