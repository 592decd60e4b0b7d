import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const here = import.meta.dirname;
const grammarPath = join(here, "../../../syntaxes/toml.tmLanguage.json");
const golden = join(here, "toml.golden.txt");

/** Stands in for VS Code's own grammar, with the rules that could hide the end of a script. */
const lua = {
  scopeName: "source.lua",
  patterns: [
    { name: "comment.line.lua", begin: "--", end: "$" },
    { name: "string.block.lua", begin: "\\[\\[", end: "\\]\\]" },
    { name: "string.quoted.lua", begin: "[\"']", end: "[\"']|$" },
    { name: "keyword.control.lua", match: "\\b(?:if|then|end|local)\\b" },
  ],
};

let grammar: textmate.IGrammar;

before(async () => {
  const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
  await oniguruma.loadWASM(readFileSync(wasm));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => {
      const text =
        scope === lua.scopeName ? JSON.stringify(lua) : readFileSync(grammarPath, "utf8");
      return textmate.parseRawGrammar(text, "grammar.json");
    },
  });
  const loaded = await registry.loadGrammar("source.toml.airlock");
  assert.ok(loaded);
  grammar = loaded;
});

describe("the grammar of TOML", () => {
  test("gives every part of a file its scopes", () => {
    const text = readFileSync(join(here, "toml.golden.toml"), "utf8");
    assert.equal(scopesOf(text), readFileSync(golden, "utf8"));
  });

  test("knows every file that a preset is made of", () => {
    for (const name of ["claude-code", "copilot-cli", "fedora", "openai-codex"]) {
      const text = readFileSync(join(here, `../../../presets/${name}.toml`), "utf8");
      assert.doesNotMatch(scopesOf(text), /invalid/, name);
    }
  });

  test("ends a script where the text ends, whatever is open in it", () => {
    for (const open of ["[[", "--[[", '"', "x = 'it"]) {
      for (const quotes of ["'''", '"""']) {
        const text = `script = ${quotes}\n${open}\nend ${quotes}\nafter = 1`;
        assert.match(scopesOf(text), /after.*property-name/, `${open} in ${quotes}`);
      }
    }
  });

  test("takes only what stands in a text of several lines for a script", () => {
    assert.match(scopesOf("script = '''local x'''"), /keyword\.control\.lua/);
    assert.doesNotMatch(scopesOf('script = "local x"'), /lua/);
    assert.doesNotMatch(scopesOf("description = '''local x'''"), /lua/);
  });
});

/** Each token in a line of its own, with its scopes below that of the file. */
function scopesOf(text: string): string {
  let stack = textmate.INITIAL;
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens) {
      const token = line.slice(startIndex, endIndex);
      const own = scopes.slice(1).join(" ");
      if (token.trim() !== "") lines.push(`${JSON.stringify(token).padEnd(24)} ${own}`.trimEnd());
    }
  }
  return `${lines.join("\n")}\n`;
}
