import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { tempTree } from "#test/support/tempTree.ts";

function world(t: TestContext, script: string) {
  const root = tempTree(t, { program: `#!/bin/sh\necho x >> "$0.calls"\n${script}\n` });
  const program = join(root, "program");
  chmodSync(program, 0o755);
  const ask = () =>
    execFileSync(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { askProgram } from "#helper/machine/probe/ask.ts";
         const call = { command: ${JSON.stringify(program)}, args: ["--version"] };
         const [answer] = await Promise.all([askProgram(call), askProgram(call)]);
         console.log(JSON.stringify(answer));`,
      ],
      { encoding: "utf8", env: { ...process.env, HOME: root } },
    );
  const calls = () => readFileSync(`${program}.calls`, "utf8").trim().split("\n").length;
  return { root, program, ask, calls };
}

test("a program is asked once, also by later processes, until it is another file", (t) => {
  const { program, ask, calls } = world(t, "echo version 1");
  assert.deepEqual(JSON.parse(ask()), { code: 0, stdout: "version 1", stderr: "" });
  assert.deepEqual(JSON.parse(ask()), { code: 0, stdout: "version 1", stderr: "" });
  assert.equal(calls(), 1);
  appendFileSync(program, "echo and more\n");
  assert.match(ask(), /and more/);
  assert.equal(calls(), 2);
});

test("an answer that failed is not kept", (t) => {
  const { root, ask, calls } = world(t, "echo no; exit 3");
  assert.equal(JSON.parse(ask()).code, 3);
  assert.equal(JSON.parse(ask()).code, 3);
  assert.equal(calls(), 2);
  assert.equal(existsSync(join(root, ".cache", "airlock", "programs")), false);
});
