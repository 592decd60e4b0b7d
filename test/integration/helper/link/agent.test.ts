import assert from "node:assert/strict";
import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { connect, createServer as createNetServer } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type AgentHost, connectAgent } from "#helper/link/agent.ts";
import { AgentService } from "#shared/generated/airlock/agent/v1/agent_pb.js";

/** A real HTTP/2 server on loopback in place of the guest. */
async function fakeGuest(t: TestContext, beforeFirst?: string, { speakMs = 0, answerMs = 0 } = {}) {
  const server: Http2Server = createServer(
    connectNodeAdapter({
      routes: (router) =>
        void router.service(AgentService, {
          hello: async () => {
            await delay(answerMs);
            return { agentVersion: "1.2.3" };
          },
          async *logs() {
            yield { text: "x".repeat(5_000_000) };
          },
        }),
    }),
  );
  let connections = 0;
  const front = createNetServer((socket) => {
    connections += 1;
    if (connections === 1 && beforeFirst !== undefined) {
      if (beforeFirst !== "") socket.write(beforeFirst);
      return;
    }
    setTimeout(() => server.emit("connection", socket), speakMs);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  t.after(() => void front.close());
  const { port } = front.address() as AddressInfo;
  const machine: AgentHost = {
    openControl: async () => {
      const socket = connect(port, "127.0.0.1");
      t.after(() => void socket.destroy());
      return socket;
    },
    exited: new Promise(() => undefined),
    log: async () => "the console's last words",
  };
  return { machine, connections: () => connections };
}

test("the agent answers hello on the first connection, and its end is noticed", async (t) => {
  const { machine, connections } = await fakeGuest(t);
  const link = await connectAgent(machine, { deadlineMs: 5000 });
  assert.equal(link.hello.agentVersion, "1.2.3");
  assert.equal(connections(), 1);
  link.close();
  await link.closed;
  await assert.rejects(link.agent.hello({}));
});

test("old bytes in the port lead to a second connection", async (t) => {
  const { machine, connections } = await fakeGuest(t, "left over from before");
  const link = await connectAgent(machine, { deadlineMs: 10_000 });
  assert.equal(connections(), 2);
  link.close();
});

test("a silent port ends in an error with the console's last words", async (t) => {
  const { machine } = await fakeGuest(t, "");
  await assert.rejects(connectAgent(machine, { deadlineMs: 100 }), {
    code: "machine-timeout",
    message: /did not answer[\s\S]*last words/,
  });
});

test("the end of the machine and an abort end the wait at once", async (t) => {
  const { machine } = await fakeGuest(t, "");
  const exited = new Promise<{ log: string }>((resolve) => {
    setTimeout(() => resolve({ log: "Kernel panic" }), 50);
  });
  await assert.rejects(connectAgent({ ...machine, exited }, { deadlineMs: 60_000 }), {
    code: "machine-ended",
    message: /Kernel panic/,
  });
  const { machine: other } = await fakeGuest(t, "");
  const signal = AbortSignal.timeout(50);
  await assert.rejects(connectAgent(other, { deadlineMs: 60_000, signal }), {
    name: "TimeoutError",
  });
});

test("an agent that speaks late in the wait still gets its time to answer", async (t) => {
  const slow = { patienceMs: 300, speakMs: 200, answerMs: 300 };
  const { machine, connections } = await fakeGuest(t, undefined, slow);
  const link = await connectAgent(machine, { deadlineMs: 10_000, patienceMs: slow.patienceMs });
  assert.equal(connections(), 1);
  link.close();
});

test("a message that would fill the memory is refused by its announced length", async (t) => {
  const { machine } = await fakeGuest(t);
  const link = await connectAgent(machine, { deadlineMs: 5000 });
  await assert.rejects(async () => {
    for await (const _ of link.agent.logs({})) assert.fail("nothing is delivered");
  }, /larger than configured/);
  link.close();
});
