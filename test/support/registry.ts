// Debian's registry on loopback in its variants, filled by skopeo.
import {
  type ChildProcess,
  execFile as execFileCallback,
  execFileSync,
  spawn,
  spawnSync,
} from "node:child_process";
import { createSign, randomUUID, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

export type TestRegistry = {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** The authority of its certificate, where it has one. */
  readonly ca: string;
  /** Copies an image of an OCI layout into it. */
  push(layout: string, tag: string, name: string): Promise<void>;
  stop(): Promise<void>;
};

export type Variant = {
  readonly tls?: boolean;
  readonly passwords?: boolean;
  /** Address of a token server. */
  readonly tokens?: TokenServer;
  /** Address that blobs are redirected to. */
  readonly blobsAt?: string;
  /** Data of another registry to serve. */
  readonly data?: string;
};

const execFile = promisify(execFileCallback);

export const alice = { name: "alice", password: "s3cret" };

/** Why such tests cannot run here, or false. */
export function registrySkipReason(): string | false {
  for (const program of ["docker-registry", "skopeo", "htpasswd", "openssl"]) {
    if (spawnSync("which", [program]).status !== 0) return `${program} is not installed`;
  }
  return false;
}

export async function startRegistry(variant: Variant = {}): Promise<TestRegistry> {
  const directory = mkdtempSync(join(tmpdir(), "airlock-registry-"));
  const data = variant.data ?? join(directory, "data");
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  mkdirSync(data, { recursive: true });
  const certificate = variant.tls ? selfSigned(directory, "tls") : undefined;
  const config = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: data } },
    http: { addr: host, ...(certificate && { tls: certificate }) },
    ...authOf(variant, directory),
    ...(variant.blobsAt && {
      middleware: { storage: [{ name: "redirect", options: { baseurl: variant.blobsAt } }] },
    }),
  };
  // JSON is YAML, too.
  writeFileSync(join(directory, "config.yml"), JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", join(directory, "config.yml")], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env.PATH ?? "", OTEL_TRACES_EXPORTER: "none" },
  });
  child.stderr.resume();
  await untilListening(port, child);
  const credentials =
    variant.passwords || variant.tokens ? ["--dest-creds", `${alice.name}:${alice.password}`] : [];
  return {
    host,
    ca: certificate?.certificate ?? "",
    push: async (layout, tag, name) => {
      const target = `docker://${host}/${name}`;
      const options = ["--all", "--dest-tls-verify=false", ...credentials];
      await execFile("skopeo", [
        "--insecure-policy",
        ...["copy", ...options, `oci:${layout}:${tag}`, target],
      ]);
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await ended;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function authOf({ passwords, tokens }: Variant, directory: string): object {
  if (passwords) {
    const path = join(directory, "htpasswd");
    execFileSync("htpasswd", ["-Bbc", path, alice.name, alice.password], { stdio: "ignore" });
    return { auth: { htpasswd: { realm: "test", path } } };
  }
  if (tokens === undefined) return {};
  const { realm, certificate } = tokens;
  const token = { realm, service: "test-registry", issuer: "test", rootcertbundle: certificate };
  return { auth: { token } };
}

/** A certificate for 127.0.0.1 that is its own authority. */
export function selfSigned(directory: string, name: string): { certificate: string; key: string } {
  const certificate = join(directory, `${name}.crt`);
  const key = join(directory, `${name}.key`);
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files],
    { stdio: "ignore" },
  );
  return { certificate, key };
}

export type TokenServer = {
  readonly realm: string;
  readonly certificate: string;
  /** What was asked: method, kind of authorization or grant. */
  readonly requests: string[];
  stop(): void;
};

/** Issues tokens: `public/` to everybody, all else to alice, who may also use her refresh token. */
export async function startTokenServer(lifetimeSeconds = 300): Promise<TokenServer> {
  const directory = mkdtempSync(join(tmpdir(), "airlock-tokens-"));
  const { certificate, key } = selfSigned(directory, "tokens");
  const requests: string[] = [];
  const issuer = { key: readFileSync(key), certificate: readFileSync(certificate) };
  const server = createServer(async (request, response) => {
    const answer = await issue(request, { ...issuer, lifetimeSeconds, requests });
    response.writeHead(answer === undefined ? 401 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { details: "incorrect username or password" }));
  });
  const port = await listen(server);
  return {
    realm: `http://127.0.0.1:${port}/token`,
    certificate,
    requests,
    stop: () => {
      server.close();
      server.closeAllConnections();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Issuer = { key: Buffer; certificate: Buffer; lifetimeSeconds: number; requests: string[] };

export const refreshToken = "refresh-token-of-alice";

async function issue(request: IncomingMessage, issuer: Issuer): Promise<object | undefined> {
  const url = new URL(request.url ?? "/", "http://tokens");
  const form = new URLSearchParams(request.method === "POST" ? await text(request) : "");
  const { authorization } = request.headers;
  const given = form.get("grant_type") ?? authorization?.split(" ")[0] ?? "nobody";
  issuer.requests.push(`${request.method} ${given}`);
  const password = `${alice.name}:${alice.password}`;
  const isAlice =
    authorization === `Basic ${Buffer.from(password).toString("base64")}` ||
    form.get("refresh_token") === refreshToken;
  if (!isAlice && given !== "nobody") return undefined;
  const scope = form.get("scope") ?? url.searchParams.get("scope") ?? "";
  const [type = "", name = "", actions = ""] = scope.split(":");
  const allowed = isAlice ? actions.split(",") : name.startsWith("public/") ? ["pull"] : [];
  const nowSeconds = Math.floor(Date.now() / 1000);
  const token = sign(issuer, {
    iss: "test",
    sub: isAlice ? alice.name : "",
    aud: "test-registry",
    nbf: nowSeconds - 100,
    iat: nowSeconds,
    exp: nowSeconds + issuer.lifetimeSeconds,
    jti: randomUUID(),
    access: allowed.length > 0 ? [{ type, name, actions: allowed }] : [],
  });
  return { token, expires_in: issuer.lifetimeSeconds };
}

function sign({ key, certificate }: Issuer, claims: object): string {
  const x5c = [new X509Certificate(certificate).raw.toString("base64")];
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const body = `${encode({ typ: "JWT", alg: "RS256", x5c })}.${encode(claims)}`;
  return `${body}.${createSign("RSA-SHA256").update(body).sign(key).toString("base64url")}`;
}

/** Leads to a server on this machine as over a slow line: so many bytes come at once, then a pause. */
export async function slowLine(
  to: string,
  { bytes, pauseMs }: { bytes: number; pauseMs: number },
): Promise<{ host: string; readonly sentBytes: number; stop(): void }> {
  const sockets = new Set<Socket>();
  let sentBytes = 0;
  const server = createTcpServer((near) => {
    const far = connect(Number(to.split(":")[1]), "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    near.pipe(far);
    const slowed = async () => {
      for await (const chunk of far as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += bytes) {
          // After each piece: most chunks are no longer than one.
          await delay(pauseMs);
          // Nobody is there any more to be sent the rest.
          if (near.destroyed) return void far.destroy();
          near.write(chunk.subarray(at, at + bytes));
          sentBytes += Math.min(bytes, chunk.length - at);
        }
      }
      near.end();
    };
    slowed().catch(() => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sentBytes() {
      return sentBytes;
    },
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Listens on a free port of loopback. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await delay(50);
  }
  throw new Error("docker-registry does not listen");
}
