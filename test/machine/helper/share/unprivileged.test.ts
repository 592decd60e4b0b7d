import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { namespaceSupport } from "#helper/share/namespace.ts";
import type { ShareState } from "#helper/share/types.ts";

const nobody = "65534";
const isRoot = process.getuid?.() === 0;

const script = join(import.meta.dirname, "unprivileged.child.ts");
const asNobody = ["--reuid", nobody, "--regid", nobody];
const drop = [...asNobody, "--clear-groups", "--"];

/** A tree below root's home, say, cannot be read by the user that the test drops to. */
function whyNot(): string | false {
  if (!isRoot || spawnSync("setpriv", [...drop, "test", "-r", script]).status === 0) return false;
  return "other users cannot read this tree";
}

type ShareType = ShareState["type"];
type Case = { name: string; virtiofsd?: string; drop?: readonly string[]; type: ShareType };

const support = await namespaceSupport();
const keepsGroups = !isRoot && support.kind !== "none" && !support.canDropGroups;

const cases: Case[] = [
  // Run by an ordinary user with groups, this is as far as the C virtiofsd lets that user get.
  { name: "virtiofs", type: keepsGroups ? "9p" : "virtiofs" },
  { name: "9p", virtiofsd: "none", type: "9p" },
  {
    name: "9p where virtiofsd cannot give up the user's groups",
    drop: [...asNobody, "--groups", nobody, "--"],
    type: isRoot || keepsGroups ? "9p" : "virtiofs",
  },
];

for (const { name, virtiofsd = "", drop: dropped = drop, type } of cases) {
  test(`an unprivileged user has a machine with an enforced cover over ${name}`, {
    skip: whyNot(),
  }, async (t) => {
    const root = mkdtempSync(join(tmpdir(), "u-"));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    chmodSync(root, 0o777);
    const command = [process.execPath, script, root];
    const { stdout } = await promisify(execFile)(
      isRoot ? "setpriv" : process.execPath,
      isRoot ? [...dropped, ...command] : command.slice(1),
      { env: { ...process.env, HOME: root, TMPDIR: root, AIRLOCK_VIRTIOFSD: virtiofsd } },
    );
    assert.deepEqual(JSON.parse(stdout), {
      shares: [{ tag: "project", type, coversEnforced: true }],
      file: "from the host\n",
      covered: "",
      coverWritable: false,
      ownerInGuest: "0\n",
      ownerOnHost: isRoot ? Number(nobody) : process.getuid?.(),
      leftRunning: "",
    });
  });
}
