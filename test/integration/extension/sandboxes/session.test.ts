import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  SandboxSession,
  type StartOutcome,
  type StartRequest,
} from "#extension/sandboxes/session.ts";
import type { SandboxStateKind } from "#extension/sandboxes/state.ts";
import { silentLogger } from "#shared/log.ts";

const fake = join(import.meta.dirname, "../../../support/fakeAirlock.ts");
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("a session", () => {
  test("starts a sandbox, mirrors it and stops it", async () => {
    const { session, kinds, start } = await world("# ok");
    assert.deepEqual(await start(), { kind: "ready" });
    assert.equal(session.state.kind, "running");
    assert.equal(session.state.status?.image.name, "embedded:base");
    await session.stop();
    assert.equal(session.state.kind, "stopped");
    assert.deepEqual(kinds, ["starting", "running", "stopping", "stopped"]);
  });

  test("finds a sandbox that was started by somebody else", async () => {
    const { start, open, folder } = await world("# ok");
    await start();
    const other = open(folder);
    void other.attach();
    await reaches(other, "running");
  });

  test("asks for a suspension and hands over what is in the way", async () => {
    const { session, start } = await world("# ok");
    assert.equal(await session.suspend({ endSessions: false }), undefined);
    assert.deepEqual(await start(), { kind: "ready" });
    assert.equal((await session.suspend({ endSessions: false }))?.sessions, 1);
    assert.equal((await session.suspend({ endSessions: true }))?.sessions, 0);
  });

  test("finds no sandbox where none runs", async () => {
    const { session } = await world("# ok");
    assert.equal(await session.attach(), false);
    assert.equal(session.state.kind, "stopped");
  });

  test("tells a failed start with its code, message and hint", async () => {
    const { start, session, folder } = await world("# broken");
    const message = `${folder}/airlock.toml:3:8: error: cpus must be at least 1`;
    const failure = { code: "config", message, hint: "Mend it." };
    assert.deepEqual(await start(), { kind: "failed", failure });
    assert.deepEqual(session.state, { kind: "failed", failure, status: null });
  });

  test("tells a front that ends without a word", async () => {
    const { start } = await world("# silent");
    const outcome = await start();
    assert.equal(outcome.kind, "failed");
    assert.equal(outcome.kind === "failed" && outcome.failure.code, "front-ended");
  });

  test("agrees to what the start asks only when told so", async () => {
    const { start } = await world("# changed");
    const refused = await start();
    assert.equal(refused.kind === "failed" && refused.failure.code, "image-changed");
    assert.deepEqual(await start({ recreate: true }), { kind: "ready" });
  });

  test("hands over what has to be approved, and the approval", async () => {
    const { start, session } = await world("# privileged");
    const refused = await start();
    assert.equal(session.state.kind, "stopped", "a question is no failure");
    assert.ok(refused.kind === "failed" && refused.failure.approval !== undefined);
    const { after, digest } = refused.failure.approval;
    assert.equal(after, "vm.kvm = true\n");
    assert.deepEqual(await start({ approve: digest }), { kind: "ready" });
  });

  test("hands over what a registry wants to know, and the answer, which is in no argument", async () => {
    const { start } = await world("# private");
    const asked = await start();
    assert.ok(asked.kind === "failed" && asked.failure.signIn !== undefined);
    const { host, isRefusal } = asked.failure.signIn;
    assert.deepEqual([host, isRefusal], ["images.example", false]);
    const wrong = await start({ credentials: { username: "alice", password: "no" } });
    assert.equal(wrong.kind === "failed" && wrong.failure.signIn?.isRefusal, true);
    const credentials = { username: "alice", password: "s3cret" };
    assert.deepEqual(await start({ credentials }), { kind: "ready" });
  });

  test("cancels a start that takes long", async () => {
    const { start, session } = await world("# slow");
    const cancel = new AbortController();
    const outcome = start({ signal: cancel.signal });
    await reaches(session, "starting");
    cancel.abort();
    assert.deepEqual(await outcome, { kind: "cancelled" });
    assert.equal(session.state.kind, "stopped");
  });

  test("starts again after a stop of a start that ends slowly, without a word of the former in between", async () => {
    const { start, session, folder, kinds } = await world("# stubborn");
    const former = start();
    await reaches(session, "starting");
    await saysSomething(session);
    writeFileSync(join(folder, "airlock.toml"), "# ok\n");
    const [, outcome] = await Promise.all([session.stop(), start()]);
    assert.deepEqual([await former, outcome], [{ kind: "cancelled" }, { kind: "ready" }]);
    assert.deepEqual(kinds, ["starting", "stopping", "stopped", "starting", "running"]);
  });

  test("can cancel the start after one that was cancelled and ended slowly", async () => {
    const { start, session } = await world("# stubborn");
    const cancel = new AbortController();
    const former = start({ signal: cancel.signal });
    await saysSomething(session);
    cancel.abort();
    await reaches(session, "stopped");
    const later = start();
    assert.deepEqual(await former, { kind: "cancelled" });
    await reaches(session, "starting");
    await saysSomething(session);
    assert.equal(session.state.kind, "starting");
    await session.stop();
    assert.deepEqual(await later, { kind: "cancelled" });
    assert.equal(session.state.kind, "stopped");
  });

  test("waits for a start that is on its way instead of starting twice", async () => {
    const { start, kinds } = await world("# ok");
    assert.deepEqual(await Promise.all([start(), start()]), [{ kind: "ready" }, { kind: "ready" }]);
    assert.deepEqual(kinds, ["starting", "running"]);
  });

  test("starts after a stop that is on its way", async () => {
    const { start, session, kinds } = await world("# ok");
    await start();
    const [, outcome] = await Promise.all([session.stop(), start()]);
    assert.deepEqual(outcome, { kind: "ready" });
    assert.deepEqual(kinds, ["starting", "running", "stopping", "stopped", "starting", "running"]);
  });

  test("calls a sandbox failed when its supervisor is killed", async () => {
    const { start, session, folder } = await world("# ok");
    await start();
    await sleep(300);
    process.kill(supervisorPid(folder), "SIGKILL");
    await reaches(session, "failed");
    assert.equal(session.state.kind === "failed" && session.state.failure.code, "supervisor-lost");
  });

  test("reads what is known of a stopped sandbox, and nothing where there is none", async () => {
    const { session, start } = await world("# ok");
    await session.inspect();
    assert.equal(statusOf(session), undefined);
    await start();
    await session.stop();
    await session.inspect();
    assert.equal(statusOf(session), "stopped");
  });

  test("hands over the load until it is told to stop", async () => {
    const { session, start } = await world("# ok");
    await start();
    const enough = new AbortController();
    const seen: number[] = [];
    await session.followUsage(20, enough.signal, (usage) => {
      seen.push(usage.cpuPercent.length);
      if (seen.length === 3) enough.abort();
    });
    assert.deepEqual(seen, [2, 2, 2]);
  });
});

async function world(scenario: string) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "airlock-session-")));
  const folder = join(base, "project");
  mkdirSync(folder);
  mkdirSync(join(base, "dist"));
  writeFileSync(join(folder, "airlock.toml"), `${scenario}\n`);
  writeFileSync(
    join(base, "dist", "airlock.cjs"),
    `process.argv[1]=${JSON.stringify(fake)};import(process.argv[1]);`,
  );
  cleanups.push(() => rmSync(base, { recursive: true, force: true }));
  const program = { nodePath: process.execPath, extensionPath: base };
  const open = (path: string) => {
    const session = new SandboxSession({ folder: path, program, logger: silentLogger });
    cleanups.push(async () => {
      if (session.state.kind === "running") await session.stop();
      session.dispose();
    });
    return session;
  };
  const session = open(folder);
  const kinds: SandboxStateKind[] = [];
  session.onDidChange(({ kind }) => {
    if (kinds.at(-1) !== kind) kinds.push(kind);
  });
  const start = (changes: Partial<StartRequest> = {}): Promise<StartOutcome> =>
    session.start({
      recreate: false,
      keepImage: false,
      approve: undefined,
      credentials: undefined,
      maxImageSize: "",
      accelerator: "auto",
      qemuPath: "",
      warmStart: "on",
      warmStartMaxSize: "2 GB",
      logLevel: "info",
      signal: new AbortController().signal,
      onNotice: () => undefined,
      ...changes,
    });
  return { folder, session, open, kinds, start };
}

async function reaches(session: SandboxSession, kind: SandboxStateKind): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (session.state.kind !== kind) {
    assert.ok(performance.now() < deadline, `still ${session.state.kind}, not ${kind}`);
    await sleep(20);
  }
}

/** The start's program runs and has said something: before, it would miss an interrupt. */
async function saysSomething(session: SandboxSession): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (session.state.kind !== "starting" || session.state.progress.phase !== "image") {
    assert.ok(performance.now() < deadline, "the start said nothing");
    await sleep(20);
  }
}

function statusOf({ state }: SandboxSession): string | undefined {
  return state.status?.status;
}

function supervisorPid(folder: string): number {
  return JSON.parse(readFileSync(join(folder, ".airlock", "sandbox", "run.json"), "utf8")).pid;
}
