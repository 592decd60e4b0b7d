import assert from "node:assert/strict";
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { createStateDir, projectAt } from "#helper/sandbox/project.ts";

describe("a state directory that came with the project", () => {
  let dir: string;
  let victim: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "airlock-planted-"));
    victim = join(dir, "victim");
    await writeFile(victim, "precious");
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const refused = (what: RegExp) =>
    assert.rejects(createStateDir(projectAt(dir)), { code: "state-dir", message: what });

  it("is refused when a file in it is a symbolic link", async () => {
    await mkdir(join(dir, ".airlock", "sandbox"), { recursive: true });
    await symlink(victim, join(dir, ".airlock", "sandbox", "disk.img"));
    await refused(/disk\.img is a symbolic link/);
    assert.equal(await readFile(victim, "utf8"), "precious");
  });

  it("is refused when the log is a symbolic link", async () => {
    await mkdir(join(dir, ".airlock"));
    await symlink(victim, join(dir, ".airlock", "airlock.log"));
    await refused(/airlock\.log is a symbolic link/);
  });

  it("is refused when it is a symbolic link itself", async () => {
    await mkdir(join(dir, "elsewhere"));
    await symlink(join(dir, "elsewhere"), join(dir, ".airlock"));
    await refused(/\.airlock is a symbolic link/);
  });

  it("is refused when a file in it is a hard link", async () => {
    await mkdir(join(dir, ".airlock", "sandbox"), { recursive: true });
    await link(victim, join(dir, ".airlock", "sandbox", "run.json"));
    await refused(/run\.json is a hard link/);
  });

  it("is used when it is ours, again and again", async () => {
    await createStateDir(projectAt(dir));
    await createStateDir(projectAt(dir));
    assert.equal(await readFile(join(dir, ".airlock", ".gitignore"), "utf8"), "*\n");
  });
});
