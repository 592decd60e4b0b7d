import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ShareView } from "#core/machine/share.ts";
import { runProgram } from "#helper/machine/program.ts";
import { insideViews, namespaceSupport } from "#helper/share/namespace.ts";
import { planShares, serveShares } from "#helper/share/shares.ts";
import type { ShareRequest } from "#helper/share/types.ts";
import { prepareShare } from "#helper/share/views.ts";
import { isRunning } from "#test/support/processes.ts";
import { tempTree } from "#test/support/tempTree.ts";

const support = await namespaceSupport();
const skip = support.kind === "none" ? `namespaces are not available: ${support.reason}` : false;
const prefix = support.kind === "none" ? [] : support.prefix;
const odd = 'it\'s "odd", $HOME `id`\n-- größe';

/** Runs a shell script where the view is assembled; `$1` is the view. */
async function look(cwd: string, view: ShareView, script: string) {
  const program = { command: "sh", args: ["-c", script, "sh", view.view] };
  const { command, args } = insideViews(program, [view], { prefix, privateRun: false });
  const inDirectory = { command: "env", args: ["-C", cwd, command, ...args] };
  return await runProgram(inDirectory, { timeoutMs: 10_000 });
}

test("a cover hides what is there, only in the view, whatever the path is", { skip }, async (t) => {
  const root = tempTree(t, { [`${odd}/a/key`]: "secret", [`${odd}/a/${odd}/b`]: "b", empty: "" });
  mkdirSync(join(root, "view0"));
  const source = join(root, odd);
  const view = { source, view: "view0", readOnly: false, covers: [`a/${odd}`, "a/key"] };
  const seen = await look(root, view, 'ls -A "$1/a"/*; cat "$1/a/key"; touch "$1/a/new"');
  assert.equal(seen.code, 0);
  assert.doesNotMatch(seen.stdout, /secret|^b$/m);
  const broken = await look(root, view, 'echo x > "$1/a/key"');
  assert.notEqual(broken.code, 0);
  assert.equal(readFileSync(join(source, "a", "key"), "utf8"), "secret");
  assert.deepEqual(readdirSync(join(source, "a", odd)), ["b"]);
  assert.deepEqual(readdirSync(join(root, "view0")), []);
  assert.ok(existsSync(join(source, "a", "new")));
});

test("a read-only view cannot be written", { skip }, async (t) => {
  const root = tempTree(t, { "source/file": "text" });
  mkdirSync(join(root, "view0"));
  const view = { source: join(root, "source"), view: "view0", readOnly: true, covers: [] };
  const seen = await look(root, view, 'cat "$1/file"; touch "$1/new"');
  assert.equal(seen.stdout, "text");
  assert.notEqual(seen.code, 0);
});

test("a cover behind a link is not enforced, and that is said", { skip }, async (t) => {
  const root = tempTree(t, { "project/real/key": "secret", "run/x": "" });
  symlinkSync("real", join(root, "project", "link"));
  const request = { tag: "project", source: join(root, "project"), readOnly: false };
  const covers = ["link"];
  const signal = AbortSignal.timeout(10_000);
  const served = await serve([{ ...request, covers }], join(root, "run"), signal);
  t.after(() => Promise.all(served.daemons.map((daemon) => daemon.stop(0))));
  assert.equal(served.shares[0]?.coversEnforced, false);
  assert.match(served.shares[0]?.reason ?? "", /link is reached through a symbolic link/);
});

test("a cover behind a link takes no other cover with it", async (t) => {
  const root = tempTree(t, { "project/real/key": "secret", "run/x": "" });
  symlinkSync("real", join(root, "project", "link"));
  const source = join(root, "project");
  const request = { tag: "project", source, readOnly: false, covers: ["link", "real"] };
  const place = { index: 0, runDir: join(root, "run"), support };
  assert.deepEqual((await prepareShare(request, place)).covers, ["real"]);
});

test("a daemon that ends at once makes the share a 9p one", { skip }, async (t) => {
  const root = tempTree(t, { "project/file": "", "run/x": "", "bin/virtiofsd": fakeDaemon });
  process.env.AIRLOCK_VIRTIOFSD = join(root, "bin", "virtiofsd");
  t.after(() => delete process.env.AIRLOCK_VIRTIOFSD);
  await runProgram(
    { command: "chmod", args: ["+x", join(root, "bin", "virtiofsd")] },
    { timeoutMs: 999 },
  );
  const share = { tag: "project", source: join(root, "project"), readOnly: false, covers: [] };
  const served = await serve([share], join(root, "run"), AbortSignal.timeout(10_000));
  assert.equal(served.shares[0]?.type, "9p");
  assert.deepEqual(served.daemons, []);
});

test("a start that is called off leaves no daemon", { skip }, async (t) => {
  const root = tempTree(t, { "project/file": "", "run/x": "" });
  const share = { tag: "project", source: join(root, "project"), readOnly: false, covers: [] };
  const before = children();
  const abort = AbortSignal.abort(new Error("never mind"));
  await serve([share], join(root, "run"), abort).catch(() => undefined);
  for (const pid of children()) if (!before.includes(pid)) assert.equal(isRunning(pid), false);
});

async function serve(requests: readonly ShareRequest[], runDir: string, signal: AbortSignal) {
  return await serveShares(await planShares(requests, runDir), runDir, signal);
}

const fakeDaemon = `#!/bin/sh
case "$1" in --help) echo "--shared-dir <DIR>";; *) echo "cannot do it" >&2; exit 1;; esac
`;

function children(): number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}
