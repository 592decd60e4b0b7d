// Two machines from one snapshot have to be strangers to one another.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { guestProgram } from "#test/support/guestProgram.ts";
import { projectDirectory } from "#test/support/machine.ts";
import { startWarmly, type WarmTestMachine } from "#test/support/warm.ts";

const secrets = {
  random: "head -c 16 /dev/urandom | od -An -tx1",
  uuid: "cat /proc/sys/kernel/random/uuid",
  bootId: "cat /proc/sys/kernel/random/boot_id",
  machineId: "cat /etc/machine-id",
};

async function lookInto({ run, project }: WarmTestMachine) {
  const texts: Record<string, string> = {};
  for (const [name, command] of Object.entries(secrets)) {
    const { code, stdout } = await run("sh", "-c", command);
    assert.equal(code, 0, name);
    texts[name] = stdout.trim();
  }
  const { code, stdout, stderr } = await run(join(project, "sequences"));
  assert.equal(code, 0, stderr);
  const numbers = (kind: string) =>
    [...stdout.matchAll(new RegExp(`^${kind} (\\d+)$`, "gm"))].map(([, digits]) => Number(digits));
  const log = (await run("sh", "-c", "dmesg | grep -c 'virtual machine fork'")).stdout.trim();
  return { texts, sequences: numbers("sequence"), ports: numbers("port"), forks: Number(log) };
}

function projectWithProbe(t: Parameters<typeof projectDirectory>[0]): string {
  const project = projectDirectory(t);
  guestProgram("sequences", join(project, "sequences"));
  return project;
}

test("clones of one snapshot share no random number, identity, sequence number or port", async (t) => {
  const original = await startWarmly(t, { project: projectWithProbe(t) });
  assert.equal(original.startKind, "cold");
  const clones = [];
  for (let count = 0; count < 2; count++) {
    const clone = await startWarmly(t, { project: projectWithProbe(t) });
    assert.equal(clone.startKind, "warm", clone.lines.join("\n"));
    clones.push(clone);
  }
  const [first, second, third] = await Promise.all([...clones, original].map(lookInto));
  if (first === undefined || second === undefined || third === undefined) return assert.fail();
  for (const name of Object.keys(secrets)) {
    const values: (string | undefined)[] = [first, second, third].map(({ texts }) => texts[name]);
    assert.equal(new Set(values).size, 3, `${name}: ${values.join(" ")}`);
    assert.ok(values.every(Boolean), name);
  }
  assert.match(first.texts.machineId ?? "", /^[0-9a-f]{32}$/);
  assert.equal(first.sequences.length, 8);
  // With one secret, all differ by what the clock has counted meanwhile, which is much less than this.
  const range = 400_000_000;
  const isNear = (value: number, index: number) =>
    ((second.sequences[index] ?? 0) - value + 2 ** 32 + range) % 2 ** 32 < 2 * range;
  assert.ok(!first.sequences.every(isNear), "the sequence numbers have the same secret");
  assert.notDeepEqual(first.ports, second.ports);
  assert.equal(
    first.forks,
    process.arch === "x64" ? 1 : 0,
    "the kernel was told by its generation id",
  );
});
