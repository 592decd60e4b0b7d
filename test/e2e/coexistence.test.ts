import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Editor } from "../support/editor.ts";
import { photographFailures } from "../support/photographs.ts";
import {
  noWorkbench,
  type OtherExtension,
  startWorkbench,
  until,
  type Workbench,
} from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

/** A stand-in for a well-known extension: completes one key of our schema, as the real one would. */
function schemaTool(publisher: string, name: string, language: string): OtherExtension {
  const item = `{ label: "memory", detail: "${name}" }`;
  const main = `const { languages } = require("vscode");
exports.activate = () => languages.registerCompletionItemProvider("${language}", {
  provideCompletionItems: () => [${item}],
});`;
  return {
    manifest: {
      ...{ publisher, name, version: "1.0.0", engines: { vscode: "^1.100.0" } },
      ...{ main: "./main.js", activationEvents: [`onLanguage:${language}`] },
    },
    files: { "main.js": main },
  };
}

/** Waits until `memory` is proposed, and answers how often. */
async function timesProposed(editor: Editor): Promise<number> {
  let count = 0;
  const isProposed = async () => {
    const labels = await editor.proposals();
    count = labels.filter((label) => /^"?memory"?$/.test(label)).length;
    return count > 0;
  };
  await until("a proposal", isProposed, 60_000);
  return count;
}

const tomlTool = schemaTool("tamasfe", "even-better-toml", "toml");
const tomlGrammar = {
  languages: [{ id: "toml", extensions: [".toml"] }],
  grammars: [{ language: "toml", scopeName: "source.toml", path: "./grammar.json" }],
};
/** Takes everything for a comment, so that one can see whose grammar it is. */
const grammar = {
  scopeName: "source.toml",
  patterns: [
    { name: "comment", match: "cpus" },
    { name: "comment", match: "# note" },
  ],
};

const extensions: OtherExtension[] = [
  {
    manifest: { ...tomlTool.manifest, contributes: tomlGrammar },
    files: { ...tomlTool.files, "grammar.json": JSON.stringify(grammar) },
  },
  schemaTool("redhat", "vscode-yaml", "yaml"),
];

describe("beside other extensions", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  let editor: Editor;
  let folder: string;
  photographFailures(() => window);
  before(async () => {
    workbench = await startWorkbench({}, extensions);
    folder = workbench.folder("beside", {
      "json/airlock.json": '{\n  "vm": {\n    "image": "embedded:base"\n  }\n}\n',
      "yaml/airlock.yaml": "vm:\n  image: embedded:base # yaml\n  \n",
      "toml/airlock.toml": '# note\n[vm]\nimage = "embedded:base"\ncpus = 1\n',
    });
    window = await workbench.open(folder);
    editor = new Editor(window);
  });
  after(async () => {
    await workbench?.dispose();
  });

  for (const [format, content, place] of [
    ["json", '"image"', { line: 2, column: 10 }],
    ["yaml", "# yaml", { line: 3, column: 3 }],
    ["toml", "# note", { line: 5, column: 1 }],
  ] as const) {
    test(`keys of a file in ${format} below the folder are proposed once, and the rest is ours`, async () => {
      const path = join(folder, format, `airlock.${format}`);
      await editor.open(path, place, content);
      await editor.fact("embedded:base").waitFor();
      assert.equal(await timesProposed(editor), 1);
    });
  }

  test("the grammar of the other extension is the one in force", async () => {
    await editor.open(join(folder, "toml/airlock.toml"), { line: 1, column: 1 }, "# note");
    const isTheirs = async () => {
      const colour = await editor.colour("# note");
      return colour !== undefined && colour === (await editor.colour("cpus"));
    };
    await until("both in the colour of comments", isTheirs, 60_000);
  });
});

describe("beside Tombi", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  photographFailures(() => window);
  before(async () => {
    workbench = await startWorkbench({}, [schemaTool("tombi-toml", "tombi", "toml")]);
  });
  after(async () => {
    await workbench?.dispose();
  });

  test("keys are proposed once, and what only this extension knows is there", async () => {
    const text = '# note\npresets = ["nod"]\n[vm]\nimage = "embedded:base"\n\n';
    const folder = workbench.folder("tombi", { "airlock.toml": text });
    window = await workbench.open(folder);
    const editor = new Editor(window);
    await editor.open(join(folder, "airlock.toml"), { line: 5, column: 1 }, "# note");
    await editor.fact("embedded:base").waitFor();
    assert.equal(await timesProposed(editor), 1);
    await editor.goTo({ line: 2, column: 16 });
    await editor.complete("nodejs");
    await editor.shows(/^presets = \["nodejs"\]$/m);
  });
});
