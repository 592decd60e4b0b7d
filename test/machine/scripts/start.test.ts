// `npm start` on a tree that is up to date.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { tempTree } from "#test/support/tempTree.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** `npm test` has done this already; a run of this size alone may not have. */
function bringUpToDate(): void {
  const script = `import(${JSON.stringify(join(root, "scripts/setup/product.mjs"))}).then((m) => m.buildProduct())`;
  execFileSync(process.execPath, ["-e", script], { stdio: "ignore" });
}

test("a repeated npm start goes straight to the sandbox and shows it from inside", (t) => {
  bringUpToDate();
  const base = tempTree(t, { "home/.cache/.keep": "" });
  // Sandboxes of its own, but what was downloaded and built for this tree, such as a kernel.
  const developmentCache = join(".cache", "airlock-dev");
  symlinkSync(join(homedir(), developmentCache), join(base, "home", developmentCache));
  const project = join(base, "a project");
  cpSync(join(root, "examples", "hello"), project, {
    recursive: true,
    filter: (path) => !path.endsWith(".airlock"),
  });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "scripts", "start.mjs"), project],
    { encoding: "utf8", env: { ...process.env, HOME: join(base, "home") }, timeout: 240_000 },
  );
  assert.equal(status, 0, stderr);
  const [, setUpMs = "none"] = /everything is up to date after (\d+) ms/.exec(stderr) ?? [];
  assert.ok(Number(setUpMs) < 10_000, `set-up took ${setUpMs} ms`);
  assert.match(stdout, /^kernel: {2}Linux airlock \d/m);
  assert.match(stdout, /^image: {3}Airlock base/m);
  assert.ok(stdout.includes(`project: ${project}\n`));
  assert.match(stdout, /airlock\.toml/);
  assert.match(stdout, /hello\.sh/);
});
