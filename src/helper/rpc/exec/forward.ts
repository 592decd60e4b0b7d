import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import type { Socket } from "node:net";
import { refusal } from "./greeting.ts";

const execPath = "/airlock.agent.v1.AgentService/Exec";

/** Pipes one client's call to the guest and back, unread: Connect's streams have no trailers. */
export function forward(client: Socket, guest: ClientHttp2Session | undefined): void {
  // It may have waited for the guest, and its end not be told any more.
  if (client.destroyed) return;
  if (guest === undefined || guest.closed || guest.destroyed) {
    client.end(refusal("unavailable", "There is no guest to run it."));
    return;
  }
  const call = askGuest(guest);
  client.pipe(call);
  call.once("response", ({ ":status": status }) => {
    if (status === 200) call.pipe(client);
    else client.end(refusal("unknown", `The guest answered with the HTTP status ${status}.`));
  });
  linkEnds(call, client);
}

/** A call of AgentService/Exec over a session that leads to an agent. */
export function askGuest(guest: ClientHttp2Session): ClientHttp2Stream {
  return guest.request({
    ":method": "POST",
    ":path": execPath,
    "content-type": "application/connect+proto",
    "connect-protocol-version": "1",
  });
}

/** When one end breaks off, so does the other: the guest hangs up the process of a lost client. */
function linkEnds(call: ClientHttp2Stream, client: Socket): void {
  client.once("close", () => {
    if (!call.closed) call.close(constants.NGHTTP2_CANCEL);
  });
  call.once("close", () => {
    if (!client.writableEnded) client.destroy();
  });
  // Both report their end through `close`.
  call.on("error", () => call.close());
}
