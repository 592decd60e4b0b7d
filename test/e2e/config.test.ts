import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Editor } from "../support/editor.ts";
import { mistaken, otherRule } from "../support/mistakes.ts";
import { photographFailures } from "../support/photographs.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

const misspelt = `[vm]
memroy = "1 GB"
cpus = 0
`;

const coloured = `# note
[network.middleware.log]
target = ["*"]
script = '''
local host = req.host
'''
`;

const halfTyped = `presets = ["claude-code", ""
[vm]
cpus = 1
mem`;

const layered = `presets = ["claude-code"]
[vm]
cpus = 1
[mounts.my-store]
source = "."
target = "/store"
`;

const local = `[vm]
cpus = 2
[mounts.my-store]
enabled = false
`;

describe("a configuration in the editor", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  let editor: Editor;
  let folder: string;
  photographFailures(() => window);
  before(async () => {
    workbench = await startWorkbench();
    folder = workbench.folder("config", {
      "airlock.toml": misspelt,
      "half/airlock.toml": halfTyped,
      "new/airlock.toml": "# New\n",
      "coloured/airlock.toml": coloured,
      ...Object.fromEntries(mistaken.map(({ name, text }) => [`${name}.fixes/${name}`, text])),
      "airlock.json.fixes/airlock.local.toml": otherRule,
      "fixes/airlock.toml": '[daemons.web]\ncommand = ["a"]\n',
      "fixes/airlock.local.toml": '# grown\n[daemons.web]\ncommand = ["b"]\n',
      "layered/airlock.toml": layered,
      "layered/airlock.local.toml": local,
    });
    window = await workbench.open(folder);
    editor = new Editor(window);
  });
  after(async () => {
    await workbench?.dispose();
  });

  test("a bare VS Code colours the file, and the scripts in it", async () => {
    await editor.open(join(folder, "coloured/airlock.toml"), { line: 1, column: 1 }, "# note");
    const pieces = ["# note", "target", '"*"', "local"];
    const colours = async () =>
      (await Promise.all(pieces.map((piece) => editor.colour(piece)))).filter(Boolean);
    await until(
      "four colours",
      async () => new Set(await colours()).size === pieces.length,
      60_000,
    );
  });

  test("the lens starts the sandbox, as far as the file allows it", async () => {
    await editor.open(join(folder, "airlock.toml"), { line: 1, column: 1 }, "memroy");
    await editor.lens("Start Sandbox").click({ timeout: 60_000 });
    await window.notification(/airlock\.toml:3:\d+: `vm\.cpus`/).waitFor({ timeout: 60_000 });
  });

  test("a misspelt key is underlined, and its quick fix mends it", async () => {
    await editor.open(join(folder, "airlock.toml"), { line: 2, column: 3 }, "memroy");
    await editor.warnings.first().waitFor({ timeout: 60_000 });
    await editor.fix(/memory/);
    await editor.shows(/^memory = "1 GB"$/m);
    await until("no warning", async () => (await editor.warnings.count()) === 0, 60_000);
  });

  test("a list that grows is mended by an entry of its own", async () => {
    const local = join(folder, "fixes/airlock.local.toml");
    await editor.open(local, { line: 3, column: 2 }, "# grown");
    await editor.fix(/Switch off/);
    await editor.shows(/^enabled = false\n+\[daemons\.web-local\]\ncommand = \["b"\]$/m);
  });

  for (const { name, content, mistakes } of mistaken) {
    test(`every kind of problem in ${name} has its quick fix`, async () => {
      await editor.open(join(folder, `${name}.fixes`, name), { line: 1, column: 1 }, content);
      for (const { at, title, result } of mistakes) {
        await editor.goTo(at);
        await editor.fix(title);
        await editor.shows(result);
      }
    });
  }

  test("keys and presets are completed while the file is half typed", async () => {
    await editor.open(join(folder, "half/airlock.toml"), { line: 4, column: 4 }, 'code", ""');
    await editor.complete("memory");
    await editor.shows(/^memory = "/m);
    await editor.goTo({ line: 1, column: 28 });
    await editor.complete("nodejs", "nod");
    await editor.shows(/^presets = \["claude-code", "nodejs"$/m);
  });

  test("a header that the editor closed itself gets the keys that its entry needs", async () => {
    await editor.open(join(folder, "new/airlock.toml"), { line: 2, column: 1 }, "# New");
    await editor.type("[moun");
    await editor.complete("[mounts.<name>]");
    await editor.shows(/^\[mounts\.name\]\nsource = ""\ntarget = ""$/m);
  });

  test("a hover explains a key, and a hint and the hover say which file decides", async () => {
    await editor.open(join(folder, "layered/airlock.toml"), { line: 3, column: 2 }, "my-store");
    await editor.shows(/^cpus = 1 *2 in airlock\.local\.toml$/m);
    const text = await editor.hover();
    assert.match(text, /Number of virtual CPUs/);
    assert.match(text, /In force: 2/);
    assert.match(text, /airlock\.local\.toml:2/);
  });

  test("a rename follows an entry into the other files", async () => {
    await editor.open(join(folder, "layered/airlock.toml"), { line: 4, column: 12 }, "my-store");
    await editor.rename("my-store", "cache");
    await editor.shows(/^\[mounts\.cache\]$/m);
    await window.command("File: Save All");
    for (const name of ["airlock.toml", "airlock.local.toml"]) {
      const saved = () => readFileSync(join(folder, "layered", name), "utf8");
      await until(`the new name in ${name}`, () => saved().includes("[mounts.cache]"), 60_000);
    }
  });

  test("a preset's definition opens as a document", async () => {
    await editor.open(join(folder, "layered/airlock.toml"), { line: 1, column: 16 }, "claude-code");
    await window.command("Go to Definition");
    await editor.shows(/^\[network\.rules\./m);
  });
});
