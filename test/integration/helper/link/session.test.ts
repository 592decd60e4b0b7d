import assert from "node:assert/strict";
import { createServer } from "node:http2";
import { type AddressInfo, connect, createServer as createNetServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { openSession, watchLiveness } from "#helper/link/session.ts";

/** A session to an HTTP/2 server behind a relay that can fall silent. */
async function relayedSession(t: TestContext) {
  const server = createServer();
  const target = await listen(t, server as unknown as Server);
  let silence = () => undefined as unknown;
  const relay = createNetServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    silence = () => upstream.unpipe(client);
  });
  const session = openSession(connect(await listen(t, relay), "127.0.0.1"));
  t.after(() => session.destroy());
  await new Promise((resolve) => session.once("localSettings", resolve));
  return { session, silence: () => silence() };
}

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("the session offers windows and frames that fill the link", async (t) => {
  const { session } = await relayedSession(t);
  assert.equal(session.localSettings.initialWindowSize, 4 * 1024 * 1024);
  assert.equal(session.localSettings.maxFrameSize, 1024 * 1024);
  assert.equal(session.state.effectiveLocalWindowSize, 16 * 1024 * 1024);
});

test("a session that answers stays, one that falls silent is destroyed", async (t) => {
  const { session, silence } = await relayedSession(t);
  watchLiveness(session, { intervalMs: 20, patience: 4 });
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(session.destroyed, false);
  silence();
  await new Promise((resolve) => session.once("close", resolve));
});
