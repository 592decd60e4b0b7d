import type { ClientHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { AgentService, type HelloResponse } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { agentUnreachable, machineEnded, machineTimeout } from "../machine/errors.ts";
import { authority, awaitServer, openSession, watchLiveness } from "./session.ts";

/** What a link needs of a machine. */
export type AgentHost = {
  openControl(): Promise<Duplex>;
  exited: Promise<{ log: string }>;
  log(): Promise<string>;
};

/** The connection to the agent in the guest. */
export type AgentLink = {
  agent: Client<typeof AgentService>;
  /** For forwarding requests as they are, without decoding them. */
  session: ClientHttp2Session;
  hello: HelloResponse;
  /** Settles when the connection is gone, for whatever reason; never rejects. */
  closed: Promise<void>;
  close(): void;
};

export type ConnectOptions = {
  signal?: AbortSignal | undefined;
  /** Time until the agent has to have answered, boot included. */
  deadlineMs: number;
  /** How long the first connection waits for the agent to speak; each further one twice as long. */
  patienceMs?: number;
};

/**
 * Connects while the guest boots. Each attempt waits for the agent to speak first, and the first one
 * normally lives through the whole boot. A port that still belongs to an earlier connection may
 * swallow bytes or deliver old ones: then a new connection follows, after a pause in which the
 * agent notices that the old one is gone.
 */
export async function connectAgent(
  machine: AgentHost,
  options: ConnectOptions,
): Promise<AgentLink> {
  const deadline = performance.now() + options.deadlineMs;
  const ended = new AbortController();
  void machine.exited.then(() => ended.abort());
  const stop = AbortSignal.any([ended.signal, ...(options.signal ? [options.signal] : [])]);
  let lastError: unknown;
  for (let patienceMs = options.patienceMs ?? 4000; ; patienceMs *= 2) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw await unreachable(machine, options.deadlineMs, lastError);
    try {
      return await attempt(machine, Math.min(patienceMs, leftMs), stop);
    } catch (error) {
      lastError = error;
    }
    await delay(hangUpMs, undefined, { signal: stop }).catch(() => "the next lines say why");
    options.signal?.throwIfAborted();
    if (ended.signal.aborted) {
      const { log } = await machine.exited;
      throw machineEnded("The machine ended before its agent answered.", log);
    }
  }
}

/** Time for a busy guest to see that the host has hung up. */
const hangUpMs = 250;

/**
 * Time for an agent that has spoken to answer. It is not what is left of the wait for it to speak: a
 * boot that took nearly all of that would be thrown back, and an answer that does not come would
 * cost all of a long one.
 */
const answerMs = 10_000;

const longestMessageBytes = 4 * 1024 * 1024;

async function attempt(
  machine: AgentHost,
  patienceMs: number,
  stop: AbortSignal,
): Promise<AgentLink> {
  stop.throwIfAborted();
  const patience = AbortSignal.any([stop, AbortSignal.timeout(Math.ceil(patienceMs))]);
  const stream = await machine.openControl();
  try {
    await awaitServer(stream, patience);
  } catch (error) {
    stream.destroy();
    throw error;
  }
  const session = openSession(stream);
  const closed = new Promise<void>((resolve) => session.once("close", resolve));
  const agent = createClient(AgentService, transportOver(session));
  try {
    const answer = AbortSignal.any([stop, AbortSignal.timeout(answerMs)]);
    const hello = await agent.hello({}, { signal: answer });
    watchLiveness(session);
    return { agent, session, hello, closed, close: () => session.destroy() };
  } catch (error) {
    session.destroy();
    throw error;
  }
}

function transportOver(session: ClientHttp2Session) {
  return createConnectTransport({
    baseUrl: authority,
    httpVersion: "2",
    // Compressing costs more than moving the bytes, above all in an emulated CPU.
    acceptCompression: [],
    // A guest may announce messages of 4 GB, which would be gathered in our memory.
    readMaxBytes: longestMessageBytes,
    sessionManager: {
      authority,
      // biome-ignore lint/complexity/useMaxParams: the transport's own interface.
      request: async (method, path, headers, requestOptions) =>
        session.request({ ":method": method, ":path": path, ...headers }, requestOptions),
      // Liveness is watched on the session itself.
      notifyResponseByteRead: () => undefined,
    },
  });
}

/**
 * Makes calls that reach nobody: what is worked out once for each message, and with the first call of a process, is
 * there then when the agent answers.
 */
export async function rehearse(): Promise<void> {
  const nobody = createRouterTransport(({ service }) => {
    service(AgentService, { hello: () => ({}), configure: () => ({}) });
  });
  const agent = createClient(AgentService, nobody);
  await agent.hello({});
  await agent.configure({ clock: {}, rootfs: {}, disk: {}, shares: [{}], env: [""] });
}

async function unreachable(machine: AgentHost, deadlineMs: number, cause: unknown) {
  const log = await machine.log();
  const message = `The agent in the guest did not answer within ${Math.round(deadlineMs / 1000)} s.`;
  return log === "" ? agentUnreachable(message, cause) : machineTimeout(message, log);
}
