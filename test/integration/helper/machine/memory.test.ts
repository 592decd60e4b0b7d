import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type MemoryHome, memoryHome } from "#helper/machine/memory/home.ts";
import { type Child, startChild } from "#helper/machine/process.ts";
import { insideViews, namespaceSupport } from "#helper/share/namespace.ts";
import { until } from "#test/support/cli.ts";
import { tempTree } from "#test/support/tempTree.ts";

const sizeBytes = 64 * 2 ** 20;
const unhurried = new AbortController().signal;

/** Starts a command where QEMU would be started with the memory of a saved machine. */
async function startWith(t: TestContext, saved: FileHandle, script: string) {
  const cwd = tempTree(t, { "memory/not-seen": "" });
  const support = await namespaceSupport();
  if (support.kind === "none") throw new Error(support.reason);
  const request = { sizeBytes, support, isShared: true, keepable: true, saved };
  const memory: MemoryHome = await memoryHome(request);
  const call = { command: "sh", args: ["-c", script] };
  const options = { prefix: support.prefix, privateRun: false, memory: memory.view };
  const child: Child = await startChild(insideViews(call, [], options), {
    cwd,
    logPath: join(cwd, "log"),
    inputDescriptor: memory.input?.fd,
    tells: true,
  });
  t.after(() => child.stop(0));
  return { memory, child, log: () => readFileSync(join(cwd, "log"), "utf8") };
}

/** A file with a hole before and after some content. */
async function holedFile(t: TestContext): Promise<FileHandle> {
  const path = join(tempTree(t, {}), "saved");
  writeFileSync(path, Buffer.alloc(2 ** 20, "content"), { flag: "w" });
  truncateSync(path, sizeBytes);
  const file = await open(path, "r");
  t.after(() => file.close());
  return file;
}

test("a machine's memory is whole in size when QEMU begins, and in content when that was told", async (t) => {
  const saved = await holedFile(t);
  const script = `
    stat -c size=%s memory/ram
    read -r line && echo "input: $line"
    for descriptor in 3 4; do readlink /proc/$$/fd/$descriptor || echo closed; done
    exec sleep 60`;
  const { memory, child, log } = await startWith(t, saved, script);
  await memory.opened(child, unhurried);
  const path = memory.pathOf(child.pid) ?? assert.fail("it has no path");
  assert.ok(readFileSync(path).equals(await saved.readFile()));
  await until(() => log().split("\n").length > 3);
  assert.deepEqual(log().trim().split("\n"), [`size=${sizeBytes}`, "closed", "closed"]);
  assert.equal(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8"), "");
});

test("a copy that fails is no state to go on with", async (t) => {
  const directory = await open(tempTree(t, {}), "r");
  t.after(() => directory.close());
  const { memory, child, log } = await startWith(t, directory, "exec sleep 60");
  await assert.rejects(memory.opened(child, unhurried), { code: "state-not-passed" });
  assert.match(log(), /cp: /);
});

test("whoever gives up does not wait for the copy", async (t) => {
  const given = new AbortController();
  const { memory, child } = await startWith(t, await holedFile(t), "exec sleep 60");
  given.abort();
  await assert.rejects(memory.opened(child, given.signal), { name: "AbortError" });
});
