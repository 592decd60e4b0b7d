import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { noteProjectImage } from "#helper/image/projects.ts";
import { nestedStateDirs } from "#helper/sandbox/nested.ts";
import { projectAt } from "#helper/sandbox/project.ts";
import { guestShares, machineRequest } from "#helper/sandbox/supervisor/boot.ts";
import { supervisorSpec } from "#test/support/supervisorSpec.ts";
import { tempTree } from "#test/support/tempTree.ts";

const digest = `sha256:${"0".repeat(64)}`;

test("the state of every known sandbox below a project is hidden with its own", async (t) => {
  process.env.HOME = tempTree(t, {});
  const root = tempTree(t, {
    "p/.airlock/x": "",
    "p/in/a/.airlock/x": "",
    "p/b/.airlock/x": "",
    "p/gone/x": "",
    "p/linked/x": "",
    "pq/.airlock/x": "",
  });
  symlinkSync(join(root, "pq", ".airlock"), join(root, "p", "linked", ".airlock"));
  mkdirSync(join(root, "p", "unknown", ".airlock"), { recursive: true });
  for (const name of ["p", "p/in/a", "p/b", "p/gone", "p/linked", "pq", "elsewhere"]) {
    await noteProjectImage(join(root, name), digest);
  }
  const nested = await nestedStateDirs(projectAt(join(root, "p")));
  assert.deepEqual(nested.sort(), ["b/.airlock", "in/a/.airlock"]);
  rmSync(join(root, "p", "b"), { recursive: true });
  assert.deepEqual(await nestedStateDirs(projectAt(join(root, "p"))), ["in/a/.airlock"]);
});

test("what is known to be nested is covered by the host, else by the guest", async (t) => {
  const project = projectAt(tempTree(t, {}));
  const spec = { ...supervisorSpec(project.dir), nestedStateDirs: ["in/.airlock"] };
  const [share] = machineRequest({ project, spec }).shares;
  const all = [".airlock", "in/.airlock"];
  assert.deepEqual(share?.covers, all);
  const shares = [true, false].map((coversEnforced) => ({
    ...{ tag: "project", type: "9p" as const, coversEnforced },
  }));
  const seen = await guestShares({ shares }, spec);
  assert.deepEqual(
    seen.map(({ softMasks }) => softMasks),
    [[], all],
  );
});
