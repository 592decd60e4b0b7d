import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { loadConfig } from "#core/config/load.ts";
import { commands } from "#shared/contributions.ts";
import { generate } from "../../../../scripts/generate/contributions.ts";

type Step = { id: string; description: string; media: { markdown: string } };

const { contributes } = JSON.parse(readFileSync("package.json", "utf8"));
const steps: Step[] = contributes.walkthroughs[0].steps;

test("the committed manifest and tables are current", () => {
  assert.deepEqual(generate(true), []);
});

describe("the walkthrough", () => {
  test("begins with a look at the machine, and every step has its page and commands that exist", () => {
    assert.equal(steps[0]?.id, "airlock.check");
    const ids: string[] = Object.values(commands).map(({ id }) => id);
    for (const { description, media } of steps) {
      assert.ok(existsSync(media.markdown), media.markdown);
      const named = [...description.matchAll(/command:([\w.]+)/g)].map(([, id = ""]) => id);
      assert.ok(named.length > 0 && named.every((id) => ids.includes(id)), description);
    }
  });

  test("shows a configuration that works, with an image that has what its presets are for", () => {
    const page = readFileSync("media/walkthrough/configure.md", "utf8");
    const text = /```toml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const { config, presets, diagnostics } = load(text);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(presets, ["debian", "nodejs"]);
    assert.match(config?.vm.image.name ?? "", /^node:/);
  });
});

function load(text: string) {
  const source = { scope: "project", path: "/p/airlock.toml", text } as const;
  return loadConfig([source], { platform: "linux", cpus: 4, memoryBytes: 2 ** 33 });
}
