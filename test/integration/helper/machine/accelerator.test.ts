import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as z from "zod";
import { chooseAccelerator, kvmObstacle, nativeAccelerator } from "#helper/machine/accelerator.ts";
import { memory } from "#helper/machine/probe/memory.ts";
import { probeAccelerator } from "#helper/machine/probe/probe.ts";
import { tempTree } from "#test/support/tempTree.ts";

/** A home of its own and a program that stands in for QEMU. */
function world(t: TestContext, script: string) {
  const root = tempTree(t, { kernel: "a kernel", qemu: `#!/bin/sh\n${script}\n` });
  chmodSync(join(root, "qemu"), 0o755);
  const { HOME, AIRLOCK_ACCEL } = process.env;
  process.env.HOME = root;
  delete process.env.AIRLOCK_ACCEL;
  t.after(() => {
    Object.assign(process.env, HOME && { HOME }, AIRLOCK_ACCEL && { AIRLOCK_ACCEL });
  });
  const request = {
    kernelPath: join(root, "kernel"),
    qemu: { path: join(root, "qemu"), version: "7.2.0" },
  };
  return { root, request, memory: join(root, ".cache", "airlock", "accelerator.json") };
}

test("an accelerator works when the kernel speaks", async (t) => {
  const { request } = world(t, "echo SeaBIOS; echo '[    0.0] Linux version 6.1'; exec sleep 60");
  const result = await probeAccelerator("kvm", request);
  assert.equal(result.works, true);
});

test("firmware that speaks and a kernel that stays silent is not enough", async (t) => {
  const { request } = world(t, "echo SeaBIOS; exec sleep 60");
  const startedAt = performance.now();
  const result = await probeAccelerator("kvm", { ...request, timeoutMs: 200 });
  assert.deepEqual(result, { works: false, detail: "the kernel printed nothing within 0.2 s" });
  assert.ok(performance.now() - startedAt < 5000);
});

test("a QEMU that fails gives its reason", async (t) => {
  const { request } = world(t, "echo 'qemu-system-x86_64: error: no MSR.' >&2; exit 1");
  const result = await probeAccelerator("kvm", request);
  assert.deepEqual(result, { works: false, detail: "error: no MSR" });
});

test("a probe ends at once when it is called off", async (t) => {
  const { request } = world(t, "exec sleep 60");
  const signal = AbortSignal.timeout(50);
  await assert.rejects(probeAccelerator("kvm", { ...request, signal }), { name: "TimeoutError" });
});

test("the choice is made once per boot of the host, and the notice is given once", async (t) => {
  const { root, request, memory } = world(t, 'echo x >> "$0.calls"; exit 1');
  const first = await chooseAccelerator(request);
  assert.equal(first.accelerator, "tcg");
  assert.match(first.notice ?? "", /software emulation/);
  const { accelerator, reason } = first;
  assert.deepEqual(await chooseAccelerator(request), { accelerator, reason });
  const isProbed = nativeAccelerator() !== "kvm" || (await kvmObstacle()) === undefined;
  const calls = join(root, "qemu.calls");
  assert.equal(existsSync(calls) ? readFileSync(calls, "utf8") : "", isProbed ? "x\n" : "");
  writeFileSync(request.kernelPath, "another kernel");
  assert.ok((await chooseAccelerator(request)).notice);
  writeFileSync(memory, "{ damaged");
  assert.ok((await chooseAccelerator(request)).notice);
});

test("the user's choice counts, unless it cannot be", async (t) => {
  const { request } = world(t, "exit 1");
  const chosen = await chooseAccelerator({ ...request, override: "tcg" });
  assert.equal(chosen.accelerator, "tcg");
  process.env.AIRLOCK_ACCEL = "warp";
  await assert.rejects(chooseAccelerator(request), { code: "accelerator-unusable" });
  delete process.env.AIRLOCK_ACCEL;
});

test("another key, or none, recalls nothing; a memory that cannot be written is no error", async (t) => {
  const { memory: path } = world(t, "exit 1");
  const kept = memory("accelerator", z.object({ accelerator: z.string(), reason: z.string() }));
  assert.equal(await kept.recall("key"), undefined);
  await kept.remember("key", { accelerator: "kvm", reason: "it ran" });
  assert.deepEqual(await kept.recall("key"), { accelerator: "kvm", reason: "it ran" });
  assert.equal(await kept.recall("other key"), undefined);
  writeFileSync(path, '{"key":1}');
  assert.equal(await kept.recall("key"), undefined);
  process.env.HOME = "/dev/null";
  await kept.remember("key", { accelerator: "kvm", reason: "it ran" });
});
