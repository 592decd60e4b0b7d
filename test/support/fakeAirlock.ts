// Stands in for the `airlock` program where a test is about its clients: it starts no machine, but
// speaks the real protocol on the real socket. The first line of airlock.toml names what happens:
// `# ok`, `# slow`, `# stubborn`, `# broken`, `# changed`, `# privileged`, `# private`, `# silent`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http2";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { supervisorSocket } from "#extension/sandboxes/connection.ts";
import { SandboxService } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import {
  type ApprovalRequest,
  credentialsSchema,
  type SignInRequest,
  type StartEvent,
} from "#shared/protocol/status.ts";
import { fakeStatus } from "./fakeStatus.ts";

const folder = process.cwd();
const sandboxDir = join(folder, ".airlock", "sandbox");
const runFile = join(sandboxDir, "run.json");
const [command, ...args] = process.argv.slice(2);
const approval: ApprovalRequest = {
  digest: `sha256:${"a".repeat(64)}`,
  before: "",
  after: "vm.kvm = true\n",
  diff: "--- approved\n+++ configuration\n@@ -0,0 +1,1 @@\n+vm.kvm = true\n",
};

const signIn: SignInRequest = {
  host: "images.example",
  image: "images.example/team/app",
  reason: "the registry images.example requires authentication",
  isRefusal: args.includes("--credentials-stdin"),
  isPlain: false,
};

if (command === "start") await start();
else if (command === "supervise") supervise();
else if (command === "show") show();
else if (command === "rm") rmSync(join(folder, ".airlock"), { recursive: true, force: true });
else if (command === "exec") process.stdout.write(`exec ${args.join(" ")}\n`);
else if (command === "doctor") process.stdout.write("all is well\n");

async function start(): Promise<void> {
  const config = join(folder, "airlock.toml");
  const scenario = existsSync(config) ? readFileSync(config, "utf8").split("\n", 1)[0] : "";
  progress("config", "Reading configuration");
  if (scenario === "# broken")
    return fail("config", `${config}:3:8: error: cpus must be at least 1`);
  if (scenario === "# changed" && !args.includes("--recreate")) {
    return fail("image-changed", "The tag now means another image.");
  }
  if (scenario === "# privileged" && !args.includes(approval.digest)) {
    return fail("approval-required", "Something is not approved.", { approval });
  }
  if (scenario === "# private" && !(await isSignedIn())) {
    return fail("sign-in-required", "Who are you?", { signIn });
  }
  if (scenario === "# silent") throw new Error("the front broke");
  progress("image", "Reading layers", [1_000_000, 3_000_000]);
  if (scenario === "# slow") await sleep(60_000);
  if (scenario === "# stubborn") return endSlowly();
  spawn(process.execPath, [process.argv[1] ?? "", "supervise"], {
    detached: true,
    stdio: "ignore",
  }).unref();
  while (!existsSync(supervisorSocket(folder))) await sleep(20);
  say({ event: "notice", level: "info", text: "A notice." });
  say({ event: "ready", status: fakeStatus(folder) });
}

/** Takes its time after an interrupt: says that it is cancelled, and only later ends. */
async function endSlowly(): Promise<void> {
  const alive = setTimeout(() => undefined, 60_000);
  await once(process, "SIGINT");
  await sleep(200);
  fail("cancelled", "Cancelled.");
  await sleep(400);
  clearTimeout(alive);
}

async function isSignedIn(): Promise<boolean> {
  if (!args.includes("--credentials-stdin")) return false;
  const { username, password } = credentialsSchema.parse(await json(process.stdin));
  return username === "alice" && password === "s3cret";
}

function supervise(): void {
  mkdirSync(sandboxDir, { recursive: true });
  const ended = new AbortController();
  const server = createServer(connectNodeAdapter({ routes: (router) => routes(router, ended) }));
  const socket = supervisorSocket(folder);
  rmSync(socket, { force: true });
  server.listen(socket, () => writeFileSync(runFile, JSON.stringify({ pid: process.pid })));
}

function routes(router: ConnectRouter, ended: AbortController): void {
  router.service(SandboxService, {
    async *watch({ usageIntervalMs }) {
      const state = (status: "running" | "stopped") => ({
        event: {
          case: "state" as const,
          value: { statusJson: JSON.stringify(fakeStatus(folder, { status })) },
        },
      });
      if (!ended.signal.aborted) yield state("running");
      for (let tick = 0; !ended.signal.aborted; tick += 1) {
        await sleep(usageIntervalMs || 60_000, undefined, { signal: ended.signal }).catch(() => 0);
        if (usageIntervalMs > 0) yield { event: { case: "usage" as const, value: usage(tick) } };
      }
      yield state("stopped");
    },
    suspend: async ({ endSessions }) => (endSessions ? {} : { sessions: 1 }),
    stop: async () => {
      ended.abort();
      rmSync(runFile, { force: true });
      setTimeout(() => {
        rmSync(supervisorSocket(folder), { force: true });
        process.exit(0);
      }, 100);
      return {};
    },
  });
}

function usage(tick: number) {
  return {
    cpuPercent: [30 + 25 * Math.sin(tick / 3), 12 + 10 * Math.cos(tick / 5)],
    memoryTotalBytes: BigInt(2 * 2 ** 30),
    memoryUsedBytes: BigInt(300_000_000 + 4_000_000 * (tick % 20)),
    load1: 0.42,
    load5: 0.31,
    load15: 0.12,
    processes: 9,
    hostRssBytes: 512_000_000n,
  };
}

function show(): void {
  if (!existsSync(sandboxDir)) {
    process.exitCode = 1;
    process.stderr.write("No sandbox here.\n");
    return;
  }
  process.stdout.write(JSON.stringify(fakeStatus(folder, { status: "stopped" })));
}

function progress(phase: string, text: string, amount: [number, number] | null = null): void {
  const [doneBytes, totalBytes] = amount ?? [null, null];
  say({ event: "progress", phase, text, doneBytes, totalBytes });
}

function fail(
  code: string,
  message: string,
  more: { approval?: ApprovalRequest; signIn?: SignInRequest } = {},
): void {
  say({ event: "error", code, message, hint: "Mend it.", exitCode: 2, ...more });
  process.exitCode = 2;
}

function say(event: StartEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
