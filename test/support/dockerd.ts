// A Docker daemon of its own for a test, which leaves networking and everything else of the host alone.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { tar } from "./tar.ts";

/** Why no daemon can be started here, if so. */
export const dockerdSkipReason = findSkipReason();

export type Dockerd = { readonly socketPath: string; stop(): Promise<void> };

type DockerArchive = { readonly name: string; readonly layers: readonly Uint8Array[] };

const readyMs = 30_000;

export async function startDockerd(args: readonly string[] = []): Promise<Dockerd> {
  // Socket paths are limited to 107 bytes.
  const root = mkdtempSync(join(tmpdir(), "dd-"));
  const socketPath = join(root, "s");
  writeFileSync(join(root, "daemon.json"), "{}");
  const child = spawn("dockerd", [
    ...["--config-file", join(root, "daemon.json"), "--data-root", join(root, "data")],
    ...["--exec-root", join(root, "exec"), "--pidfile", join(root, "pid")],
    ...["-H", `unix://${socketPath}`, "--bridge=none"],
    ...["--iptables=false", "--ip6tables=false", "--ip-forward=false"],
    ...args,
  ]);
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const stop = () => stopDockerd(child, root);
  try {
    await waitUntilReady(child, socketPath);
  } catch (error) {
    await stop();
    throw new Error(`dockerd did not start: ${log}`, { cause: error });
  }
  return { socketPath, stop };
}

/** Gives the daemon an image in the form that every version of it loads. */
export async function loadImage({ socketPath }: Dockerd, image: DockerArchive): Promise<void> {
  const diffIds = image.layers.map((layer) => `sha256:${hash(layer)}`);
  const config = JSON.stringify({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: { Cmd: ["/x"] },
    rootfs: { type: "layers", diff_ids: diffIds },
  });
  const paths = image.layers.map((_, index) => `layer${index}/layer.tar`);
  const manifest = [
    { Config: `${hash(Buffer.from(config))}.json`, RepoTags: [image.name], Layers: paths },
  ];
  const archive = tar([
    ...image.layers.map((content, index) => ({ path: paths[index] ?? "", content })),
    { path: manifest[0]?.Config ?? "", content: config },
    { path: "manifest.json", content: JSON.stringify(manifest) },
  ]);
  const answer = await call(socketPath, { method: "POST", path: "/images/load?quiet=1" }, archive);
  const text = answer.body.toString();
  assert.equal(answer.status, 200, text);
  // Errors come in the body of a successful answer.
  if (text.includes('"error"')) throw new Error(text.trim());
}

/** The file system of an image as one archive, flattened by the daemon. */
export async function exportImage({ socketPath }: Dockerd, name: string): Promise<Buffer> {
  const created = await call(
    socketPath,
    { method: "POST", path: "/containers/create" },
    Buffer.from(JSON.stringify({ Image: name, Cmd: ["/x"] })),
  );
  const { Id } = JSON.parse(created.body.toString()) as { Id?: string };
  assert.ok(Id !== undefined, created.body.toString());
  const exported = await call(socketPath, { method: "GET", path: `/containers/${Id}/export` });
  assert.equal(exported.status, 200);
  await call(socketPath, { method: "DELETE", path: `/containers/${Id}` });
  return exported.body;
}

/** Reads what `docker save` would write, and keeps nothing. */
export async function drainImage({ socketPath }: Dockerd, name: string): Promise<void> {
  const headers = { host: "docker" };
  const sent = request({ socketPath, path: `/images/${name}/get`, headers });
  sent.end();
  const [response] = await once(sent, "response");
  assert.equal(response.statusCode, 200);
  for await (const _ of response);
}

type Call = { readonly method: string; readonly path: string };

async function call(
  socketPath: string,
  { method, path }: Call,
  body?: Uint8Array,
): Promise<{ status: number; body: Buffer }> {
  const headers = {
    "content-type": path.startsWith("/images") ? "application/x-tar" : "application/json",
  };
  const sent = request({ socketPath, method, path, headers: { host: "docker", ...headers } });
  sent.end(body);
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, body: Buffer.concat(chunks) };
}

async function waitUntilReady(child: ChildProcess, socketPath: string): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < readyMs; ) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const answer = await call(socketPath, { method: "GET", path: "/_ping" }).catch(() => undefined);
    if (answer?.status === 200) return;
    await delay(50);
  }
  throw new Error("it does not answer");
}

async function stopDockerd(child: ChildProcess, root: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  // The daemon leaves this bind mount, which would be in the way.
  spawnSync("umount", [join(root, "exec/netns/default")]);
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function findSkipReason(): string | false {
  if (process.getuid?.() !== 0) return "a Docker daemon needs root";
  const found = spawnSync("dockerd", ["--version"]).status === 0;
  return found ? false : "dockerd of the package docker.io is missing";
}
