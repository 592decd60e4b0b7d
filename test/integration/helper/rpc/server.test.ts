// The supervisor's socket, with a guest that is a server on another socket.
import assert from "node:assert/strict";
import { once } from "node:events";
import { statSync } from "node:fs";
import { type ClientHttp2Session, connect, createServer } from "node:http2";
import { createConnection, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { deferred } from "#helper/machine/deferred.ts";
import { connectSandbox } from "#helper/rpc/client.ts";
import { connectExec } from "#helper/rpc/exec/call.ts";
import { forward } from "#helper/rpc/exec/forward.ts";
import { greeting } from "#helper/rpc/exec/greeting.ts";
import { serveSandbox } from "#helper/rpc/server.ts";
import { Board } from "#helper/sandbox/supervisor/board.ts";
import { type StopDemand, sandboxService } from "#helper/sandbox/supervisor/service.ts";
import { UsageMeter } from "#helper/sandbox/supervisor/usage.ts";
import {
  AgentService,
  type ExecRequest,
  type ExecResponseSchema,
} from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { until } from "../../../support/cli.ts";
import { fakeStatus } from "../../../support/fakeStatus.ts";
import { tempTree } from "../../../support/tempTree.ts";

type Response = MessageInitShape<typeof ExecResponseSchema>;
type Guest = { session: ClientHttp2Session; state: { begun: number; ended: number } };

/** Echoes what it is sent as output; `exit` as input ends it with code 7. */
async function fakeGuest(t: TestContext, path: string): Promise<Guest> {
  const state = { begun: 0, ended: 0 };
  async function* exec(requests: AsyncIterable<ExecRequest>): AsyncGenerator<Response> {
    state.begun += 1;
    try {
      for await (const { request } of requests) {
        if (request.case === "start") yield started();
        if (request.case !== "stdin") continue;
        if (Buffer.from(request.value).equals(Buffer.from("exit"))) return yield exited(7);
        yield { response: { case: "stdout" as const, value: request.value } };
      }
    } finally {
      state.ended += 1;
    }
  }
  const server = createServer(
    connectNodeAdapter({ routes: (router) => router.service(AgentService, { exec }) }),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const session = connect("http://guest", { createConnection: () => createConnection(path) });
  t.after(() => {
    session.destroy();
    server.close();
  });
  return { session, state };
}

const started = () => ({ response: { case: "started" as const, value: { pid: 1 } } });
const exited = (code: number) => ({ response: { case: "exited" as const, value: { code } } });

async function world(t: TestContext, { withGuest = true, isStarting = false } = {}) {
  const start = deferred<void>();
  let isStarted = false;
  const begin = () => {
    isStarted = true;
    start.resolve();
  };
  if (!isStarting) begin();
  const directory = tempTree(t, {});
  const guest = withGuest ? await fakeGuest(t, join(directory, "guest.sock")) : undefined;
  const board = new Board(fakeStatus("/p"));
  const stops: StopDemand[] = [];
  const socketPath = join(directory, "cli.sock");
  const server = await serveSandbox({
    socketPath,
    service: sandboxService({
      board,
      usage: new UsageMeter(async () => ({ processes: 3 })),
      stop: async (demand) => void stops.push(demand),
      suspend: async () => ({}),
      windowsChanged: () => undefined,
    }),
    guestSession: () => (isStarted ? guest?.session : undefined),
    started: start.promise,
  });
  t.after(() => server.close());
  const connection = await connectSandbox(socketPath);
  t.after(() => connection.close());
  const processes = await connectExec(socketPath);
  t.after(() => processes.close());
  return { board, stops, socketPath, connection, processes, guest, begin };
}

test("the socket is the user's alone", async (t) => {
  const { socketPath } = await world(t);
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
});

test("exec calls are forwarded both ways, megabytes too", async (t) => {
  const { processes } = await world(t);
  const chunk = Buffer.alloc(100_000, 1);
  async function* requests() {
    yield { request: { case: "start" as const, value: { argv: ["cat"] } } };
    for (let n = 0; n < 30; n++) yield { request: { case: "stdin" as const, value: chunk } };
    yield { request: { case: "stdin" as const, value: Buffer.from("exit") } };
  }
  let bytes = 0;
  let code: number | undefined;
  for await (const event of processes.exec(requests())) {
    if (event.case === "stdout") bytes += event.bytes.length;
    if (event.case === "exited") code = event.code;
  }
  assert.deepEqual([bytes, code], [3_000_000, 7]);
});

/** Starts a process and never says more. */
async function* endless() {
  yield { request: { case: "start" as const, value: { argv: ["cat"] } } };
  await new Promise(() => undefined);
}

test("a client that goes away ends its call in the guest", async (t) => {
  const { processes, guest } = await world(t);
  for await (const event of processes.exec(endless())) {
    assert.equal(event.case, "started");
    processes.close();
    break;
  }
  await until(() => guest?.state.ended === 1);
});

test("a client that has enough of an answer ends its call in the guest", async (t) => {
  const { processes, guest } = await world(t);
  for await (const event of processes.exec(endless())) {
    assert.equal(event.case, "started");
    break;
  }
  await until(() => guest?.state.ended === 1);
});

/** As a start asks for its command: at once, and it looks for the answer later. */
async function waitingCall(t: TestContext, socketPath: string) {
  const { exec, close } = await connectExec(socketPath, { waits: true });
  t.after(close);
  return { events: exec(endless()), close };
}

test("a command that was asked for while the guest starts begins with it, unattended", async (t) => {
  const { socketPath, guest, processes, begin } = await world(t, { isStarting: true });
  const gone = await waitingCall(t, socketPath);
  gone.close();
  const { events } = await waitingCall(t, socketPath);
  await assert.rejects(async () => await processes.exec(endless()).next(), { code: "unavailable" });
  assert.equal(guest?.state.begun, 0);
  begin();
  assert.equal((await events.next()).value?.case, "started");
  // The one whose client has gone does not go on.
  await until(() => guest?.state.ended === (guest?.state.begun ?? 0) - 1);
});

test("a command that was asked for while a guest starts that never does is unavailable", async (t) => {
  const { socketPath, begin } = await world(t, { isStarting: true, withGuest: false });
  const { events } = await waitingCall(t, socketPath);
  begin();
  await assert.rejects(async () => await events.next(), { code: "unavailable" });
});

test("before there is a guest, exec is unavailable", async (t) => {
  const { processes } = await world(t, { withGuest: false });
  async function* requests() {
    yield { request: { case: "start" as const, value: { argv: ["true"] } } };
  }
  const call = async () => {
    for await (const _ of processes.exec(requests())) assert.fail("nothing answers");
  };
  await assert.rejects(call, { code: "unavailable" });
});

test("no other call reaches the guest", async (t) => {
  const { socketPath } = await world(t);
  const session = connect("http://sandbox", {
    createConnection: () => createConnection(socketPath),
  });
  t.after(() => session.destroy());
  for (const method of ["Shutdown", "Exec"]) {
    const call = session.request({
      ":method": "POST",
      ":path": `/airlock.agent.v1.AgentService/${method}`,
      "content-type": "application/proto",
    });
    call.end("");
    const [headers] = await once(call, "response");
    assert.equal(headers[":status"], 404, method);
  }
});

test("a greeting may come in pieces, and what is neither it nor HTTP/2 is hung up on", async (t) => {
  const { socketPath } = await world(t, { withGuest: false });
  const answerTo = async (...pieces: Buffer[]) => {
    const socket = createConnection(socketPath);
    for (const piece of pieces) {
      socket.write(piece);
      await setImmediate();
    }
    return await text(socket);
  };
  const [first, rest] = [greeting.subarray(0, 3), greeting.subarray(3)];
  assert.match(await answerTo(first, rest), /"code":"unavailable"/);
  assert.doesNotMatch(await answerTo(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), /guest/);
});

test("a guest that answers with something else than success has failed", async (t) => {
  const directory = tempTree(t, {});
  const guest = createServer((_, response) => response.writeHead(418).end("no"));
  await new Promise<void>((resolve) => guest.listen(join(directory, "guest.sock"), resolve));
  const session = connect("http://guest", {
    createConnection: () => createConnection(join(directory, "guest.sock")),
  });
  const near = createSocketServer((socket) => forward(socket, session));
  await new Promise<void>((resolve) => near.listen(join(directory, "near.sock"), resolve));
  t.after(() => {
    session.destroy();
    for (const server of [guest, near]) server.close();
  });
  const client = createConnection(join(directory, "near.sock"));
  assert.match(await text(client), /"code":"unknown".*status 418/);
});

test("a watch begins with the state, follows it, and ends after the last one", async (t) => {
  const { connection, board } = await world(t);
  const seen: string[] = [];
  for await (const { event } of connection.sandbox.watch({ usageIntervalMs: 250 })) {
    if (event.case === "usage") {
      seen.push(`usage ${event.value.processes}`);
      board.progress("stop", "Stopping");
      board.update({ status: "stopped" });
    }
    if (event.case === "progress") seen.push(event.value.text);
    if (event.case === "state") seen.push(JSON.parse(event.value.statusJson).status);
  }
  assert.deepEqual(seen, ["running", "usage 3", "Stopping", "stopped"]);
});

test("stop passes its wishes on", async (t) => {
  const { connection, stops } = await world(t);
  await connection.sandbox.stop({ force: true, graceMs: 123 });
  assert.deepEqual(stops, [{ why: "asked to stop", force: true, graceMs: 123, discard: true }]);
});

test("nobody behind a socket and no socket are different errors", async (t) => {
  const directory = tempTree(t, { "cli.sock": "" });
  await assert.rejects(connectSandbox(join(directory, "none.sock")), { code: "not-running" });
  await assert.rejects(connectSandbox(join(directory, "cli.sock")), { code: "stale-socket" });
});
