import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { type TestContext, test } from "node:test";
import { MachineError } from "#helper/machine/errors.ts";
import { startChild } from "#helper/machine/process.ts";
import { findQemu } from "#helper/machine/qemu.ts";
import { openQmp, type Qmp } from "#helper/machine/qmp.ts";
import { connectWhenListening } from "#helper/machine/unixSocket.ts";
import { tempTree } from "#test/support/tempTree.ts";

async function realQmp(t: TestContext): Promise<Qmp> {
  const cwd = tempTree(t, {});
  const { path } = await findQemu("x64");
  const args = ["-machine", "none", "-nodefaults", "-display", "none", "-S"];
  const call = { command: path, args: [...args, "-qmp", "unix:qmp.sock,server=on,wait=off"] };
  const child = await startChild(call, { cwd, logPath: `${cwd}/qemu.log` });
  t.after(() => child.stop(0));
  const socket = await connectWhenListening(cwd, "qmp.sock", AbortSignal.timeout(10_000));
  return await openQmp(socket);
}

test("a real QEMU answers commands, each answer to its question", async (t) => {
  const qmp = await realQmp(t);
  const answers = await Promise.all([
    qmp.execute({ execute: "query-status", arguments: {} }),
    qmp.execute({ execute: "query-name", arguments: {} }),
    qmp.execute({ execute: "query-version", arguments: {} }),
  ]);
  assert.equal((answers[0] as { status: string }).status, "prelaunch");
  assert.deepEqual(answers[1], {});
  assert.ok((answers[2] as { qemu: object }).qemu);
  assert.match(qmp.version, /^\d+\.\d+\.\d+$/);
});

test("a refusal carries QEMU's own words and leaves the connection usable", async (t) => {
  const qmp = await realQmp(t);
  await assert.rejects(
    qmp.execute({ execute: "device_add", arguments: { driver: "no-such-device" } }),
    (error) => error instanceof MachineError && /no-such-device/.test(error.message),
  );
  await qmp.execute({ execute: "query-status", arguments: {} });
});

test("events arrive and the end of QEMU closes the connection", async (t) => {
  const qmp = await realQmp(t);
  const shutdown = new Promise((resolve) => qmp.onEvent(({ name }) => resolve(name)));
  await qmp.execute({ execute: "quit", arguments: {} });
  assert.equal(await shutdown, "SHUTDOWN");
  await qmp.closed;
  await assert.rejects(qmp.execute({ execute: "query-status", arguments: {} }), {
    code: "qmp-failed",
  });
});

const greeting =
  '{"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":0}},"capabilities":[]}}\r\n';

/** A monitor that greets, accepts the capabilities and then says what the test wants. */
async function fakeQmp(t: TestContext, options?: { accepts?: boolean; first?: string }) {
  const [ours, theirs] = duplexPair();
  t.after(() => void ours.destroy());
  theirs.write((options?.first ?? "") + greeting);
  const accept = options?.accepts === false ? "" : '{"return":{},"id":1}\r\n';
  theirs.once("data", () => void theirs.write(accept));
  theirs.on("data", () => undefined);
  return { qmp: openQmp(ours, { timeoutMs: 200 }), theirs };
}

test("silence ends in an error within the deadline, and an abort ends the wait at once", async (t) => {
  const { qmp } = await fakeQmp(t);
  const client = await qmp;
  const command = { execute: "stop", arguments: {} };
  await assert.rejects(client.execute(command, { timeoutMs: 50 }), { code: "qmp-failed" });
  const abort = new AbortController();
  const waiting = client.execute(command, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
});

test("a monitor that never greets or never accepts is given up", async (t) => {
  const [ours] = duplexPair();
  await assert.rejects(openQmp(ours, { timeoutMs: 50 }), { code: "qmp-failed" });
  const { qmp } = await fakeQmp(t, { accepts: false });
  await assert.rejects(qmp, { code: "qmp-failed" });
});

test("a machine that begins to run just when QEMU takes the connection is greeted after that", async (t) => {
  const first = '{"timestamp":{"seconds":1796080000,"microseconds":2},"event":"RESUME"}\r\n';
  const { qmp, theirs } = await fakeQmp(t, { first });
  const waiting = (await qmp).execute({ execute: "stop", arguments: {} });
  theirs.write('{"return":{},"id":2}\r\n');
  assert.deepEqual(await waiting, {});
});

for (const [what, text] of Object.entries({
  "text that is not JSON": "hello\n",
  "an object of another shape": '{"return":{}}\n',
  "a line without end": "x".repeat(5 * 1024 * 1024),
})) {
  test(`${what} ends the connection with an error`, async (t) => {
    const { qmp, theirs } = await fakeQmp(t);
    const client = await qmp;
    const waiting = client.execute({ execute: "stop", arguments: {} });
    theirs.write(text);
    const quoted = text.length < 200 ? text.trim() : "a line without an end";
    await assert.rejects(
      waiting,
      (error) =>
        error instanceof MachineError &&
        error.code === "qmp-failed" &&
        error.message.endsWith(`that is not QMP: ${quoted}`),
    );
    await client.closed;
  });
}

test("answers to nobody and late answers are ignored", async (t) => {
  const { qmp, theirs } = await fakeQmp(t);
  const client = await qmp;
  theirs.write('{"return":{},"id":77}\n{"error":{"class":"x","desc":"y"}}\n');
  const waiting = client.execute({ execute: "stop", arguments: {} });
  theirs.write('{"return":');
  theirs.write('{"a":1},"id":2}\n');
  assert.deepEqual(await waiting, { a: 1 });
});
