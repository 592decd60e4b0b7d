// A real HTTP/2 server on loopback in place of the guest's agent.
import { createServer } from "node:http2";
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type AgentLink, connectAgent } from "#helper/link/agent.ts";
import { AgentService } from "#shared/generated/airlock/agent/v1/agent_pb.js";

export type FakeAgent = {
  link: AgentLink;
  /** A new connection to the same agent. */
  openControl(): Promise<Socket>;
  /** From now on nothing passes in either direction, and nothing is closed, as with a wedged guest. */
  wedge(): void;
};

export async function fakeAgent(
  t: TestContext,
  calls: Partial<ServiceImpl<typeof AgentService>>,
): Promise<FakeAgent> {
  const server = createServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(AgentService, { hello: () => ({ agentVersion: "1" }), ...calls }),
    }),
  );
  const serverPort = await listening(t, server);
  const pairs: [Socket, Socket][] = [];
  const front = createNetServer((near) => {
    const far = connect(serverPort, "127.0.0.1");
    pairs.push([near, far]);
    for (const socket of [near, far]) socket.on("error", () => socket.destroy());
    near.pipe(far).pipe(near);
  });
  const port = await listening(t, front);
  t.after(() => {
    for (const socket of pairs.flat()) socket.destroy();
  });
  const openControl = async () => connect(port, "127.0.0.1");
  const log = async () => "";
  const exited = new Promise<never>(() => undefined);
  const link = await connectAgent({ openControl, exited, log }, { deadlineMs: 10_000 });
  t.after(() => link.close());
  const wedge = () => {
    for (const [near, far] of pairs) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  };
  return { link, openControl, wedge };
}

type Listener = {
  listen(port: number, host: string, then: () => void): unknown;
  address(): unknown;
  close(): unknown;
};

async function listening(t: TestContext, server: Listener): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}
