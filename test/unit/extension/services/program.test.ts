import assert from "node:assert/strict";
import { test } from "node:test";
import {
  pruneCall,
  removeCall,
  shellCall,
  startCall,
  stopCall,
} from "#extension/services/program.ts";

const program = { nodePath: "/node", extensionPath: "/ext" };

const machine = { accelerator: "auto", qemuPath: "", warmStart: "on", warmStartMaxSize: "2 GB" };
const unasked = {
  ...machine,
  recreate: false,
  keepImage: false,
  approve: undefined,
  credentials: undefined,
  maxImageSize: "",
};

test("a start runs the bundled program with VS Code's own Node", () => {
  assert.deepEqual(startCall(program, "/p", { ...unasked, logLevel: "info" }), {
    command: "/node",
    args: ["/ext/dist/airlock.cjs", "start", "--detach", "--json", "--log-level", "info"],
    cwd: "/p",
    env: { ELECTRON_RUN_AS_NODE: "1" },
  });
});

test("a start agrees, and names an accelerator and a QEMU, only when asked to", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const options = {
    recreate: true,
    keepImage: false,
    approve: digest,
    credentials: undefined,
    maxImageSize: "40 GB",
    accelerator: "tcg",
    qemuPath: "/q",
    warmStart: "off",
    warmStartMaxSize: "1 GB",
    logLevel: "debug",
  };
  const call = startCall(program, "/p", options);
  assert.equal(call.env.AIRLOCK_QEMU, "/q");
  assert.deepEqual(call.args.slice(-3), ["--recreate", "--approve", digest]);
  assert.equal(call.env.AIRLOCK_ACCEL, "tcg");
  assert.equal(call.env.AIRLOCK_MAX_IMAGE_SIZE, "40 GB");
  assert.deepEqual([call.env.AIRLOCK_WARM, call.env.AIRLOCK_WARM_MAX_SIZE], ["off", "1 GB"]);
});

test("a sign-in goes over the standard input, and into no argument or variable", () => {
  const credentials = { host: "images.example", username: "alice", password: "s3cret" };
  const options = { ...unasked, logLevel: "info" };
  const { input, ...call } = startCall(program, "/p", { ...options, credentials });
  assert.equal(call.args.at(-1), "--credentials-stdin");
  assert.deepEqual(JSON.parse(input ?? ""), credentials);
  assert.doesNotMatch(JSON.stringify(call), /alice|s3cret/);
});

test("a start says what becomes of a suspended sandbox and when this one suspends itself", () => {
  const machine = { accelerator: "auto", qemuPath: "", logLevel: "info" };
  const flags = (changes: object) =>
    startCall(program, "/p", { ...unasked, ...machine, ...changes }).args.slice(6);
  assert.deepEqual(flags({ resume: true }), ["--resume"]);
  assert.deepEqual(flags({ discardSuspended: true }), ["--discard-suspended"]);
  assert.deepEqual(flags({ suspendOnWindowClose: true, suspendIdleMinutes: 20 }), [
    "--suspend-on-close",
    "--suspend-idle",
    "20",
  ]);
});

test("a terminal runs the best shell of the image unless one is named", () => {
  assert.deepEqual(shellCall(program, "/p", "/bin/zsh").args.slice(1), [
    "exec",
    "--",
    "/bin/zsh",
    "-l",
  ]);
  assert.match(shellCall(program, "/p", "").args.at(-1) ?? "", /bash.*sh/);
});

test("what is suspended is thrown away by a stop", () => {
  assert.deepEqual(stopCall(program, "/p").args.slice(1), ["stop"]);
});

test("a prune only looks first", () => {
  const prune = ["image", "prune", "--json"];
  assert.deepEqual(pruneCall(program, "/p", { dryRun: true }).args.slice(1), [
    ...prune,
    "--dry-run",
  ]);
  assert.deepEqual(pruneCall(program, "/p", { dryRun: false }).args.slice(1), prune);
});

test("a removal asks nothing, because the window has asked already", () => {
  assert.deepEqual(removeCall(program, "/p").args.slice(1), ["rm", "--force"]);
});
