// A registry whose every answer a test can spoil, over the blobs of an OCI layout.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { listen } from "./registry.ts";

export type Request = {
  readonly url: string;
  readonly isBlob: boolean;
  readonly range: number;
  readonly authorization: string | undefined;
  /** How often this address was asked before. */
  readonly times: number;
};

/** Answers in the place of the registry; false leaves the request to it. */
export type Spoiler = (request: Request, response: ServerResponse) => boolean;

export type FakeRegistry = {
  readonly host: string;
  readonly requests: Request[];
  spoil: Spoiler;
  stop(): void;
};

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** Serves `team/app:1`, whose manifest has this digest. */
export async function startFakeRegistry(layout: string, digest: string): Promise<FakeRegistry> {
  const times = new Map<string, number>();
  const fake: FakeRegistry = { host: "", requests: [], spoil: () => false, stop: () => undefined };
  const server = createServer((incoming, response) => {
    const request = read(incoming, times);
    fake.requests.push(request);
    response.on("error", () => undefined);
    if (!fake.spoil(request, response)) serve(layout, digest, request, response);
  });
  const port = await listen(server);
  return Object.assign(fake, {
    host: `127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  });
}

export function blobOf(layout: string, text: string): Buffer {
  const hex = /[0-9a-f]{64}/.exec(text)?.[0] ?? "";
  return readFileSync(join(layout, "blobs/sha256", hex));
}

function read({ url = "", headers, method }: IncomingMessage, times: Map<string, number>): Request {
  const before = times.get(`${method} ${url}`) ?? 0;
  times.set(`${method} ${url}`, before + 1);
  return {
    url,
    isBlob: url.includes("/blobs/"),
    range: Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0),
    authorization: headers.authorization,
    times: before,
  };
}

function serve(layout: string, digest: string, request: Request, response: ServerResponse): void {
  const whole = blobOf(layout, request.isBlob ? request.url : digest);
  const bytes = whole.subarray(request.range);
  const headers: Record<string, string | number> = { "content-length": bytes.length };
  if (request.range > 0) {
    headers["content-range"] = `bytes ${request.range}-${whole.length - 1}/${whole.length}`;
  }
  if (!request.isBlob) {
    headers["content-type"] = manifestType;
    headers["docker-content-digest"] = digest;
  }
  response.writeHead(request.range > 0 ? 206 : 200, headers);
  response.end(bytes);
}
