import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { noteProjectImage } from "#helper/image/projects.ts";
import { claimState, disownState } from "#helper/sandbox/ownership.ts";
import { createStateDir, projectAt } from "#helper/sandbox/project.ts";
import type { AirlockError } from "#shared/errors.ts";
import { tempTree } from "#test/support/tempTree.ts";

const foreign = { code: "state-dir", message: /was not made by a sandbox of yours/ };

function world(t: TestContext) {
  const root = tempTree(t, { "home/x": "", "p/file": "" });
  process.env.HOME = join(root, "home");
  const at = (name: string) => projectAt(join(root, name));
  const claim = async (name: string) => {
    await createStateDir(at(name));
    await claimState(at(name));
  };
  const idOf = (name: string) => readFileSync(join(at(name).sandboxDir, "id"), "utf8").trim();
  /** A sandbox that has been started. */
  const used = async (name: string) => {
    await claim(name);
    writeFileSync(at(name).diskFile, "disk");
  };
  const planted = (name: string, files: Record<string, string>) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(root, name, ".airlock/sandbox"), { recursive: true });
      writeFileSync(join(root, name, ".airlock/sandbox", path), content);
    }
  };
  return { root, at, claim, idOf, used, planted };
}

test("a sandbox is its user's from the first start on, also after a move", async (t) => {
  const { root, claim, used, idOf } = world(t);
  await used("p");
  const id = idOf("p");
  await claim("p");
  renameSync(join(root, "p"), join(root, "q"));
  await claim("q");
  assert.equal(idOf("q"), id);
  assert.equal(readFileSync(join(root, "home/.airlock/sandboxes", id), "utf8"), `${root}/q\n`);
});

test("a disk that came with the project is refused, and `airlock rm` is a way out", async (t) => {
  const { claim, planted, at } = world(t);
  planted("p", { "disk.img": "theirs" });
  await assert.rejects(claim("p"), foreign);
  await assert.rejects(claim("p"), foreign);
  planted("p", { id: "0".repeat(32) });
  await assert.rejects(claim("p"), foreign);
  await disownState(at("p"));
});

test("a record of a planted run is refused like a disk", async (t) => {
  const { claim, planted } = world(t);
  planted("p", { "run.json": "{}" });
  await assert.rejects(claim("p"), foreign);
});

test("whoever knows a state as theirs adopts it as the error says", async (t) => {
  const { claim, planted } = world(t);
  planted("p", { "disk.img": "mine" });
  const hint = await claim("p").then(
    () => "",
    (error: AirlockError) => error.hint ?? "",
  );
  const record = /touch (\S+)`/.exec(hint)?.[1] ?? "";
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, "");
  await claim("p");
});

test("a sandbox from before there were ids is adopted once where its user has started it", async (t) => {
  const { claim, planted, at, idOf } = world(t);
  planted("p", { "disk.img": "mine" });
  await noteProjectImage(at("p").dir, `sha256:${"0".repeat(64)}`);
  await claim("p");
  assert.match(idOf("p"), /^[0-9a-f]{32}$/);
  writeFileSync(join(at("p").sandboxDir, "id"), "");
  await assert.rejects(claim("p"), foreign, "another checkout in its place");
});

test("a copy becomes a sandbox of its own, and each can be removed", async (t) => {
  const { root, claim, used, idOf, at } = world(t);
  await used("p");
  cpSync(join(root, "p"), join(root, "copy"), { recursive: true });
  await claim("copy");
  assert.notEqual(idOf("copy"), idOf("p"));
  await disownState(at("copy"));
  assert.deepEqual(readdirSync(join(root, "home/.airlock/sandboxes")), [idOf("p")]);
  await claim("p");
});
