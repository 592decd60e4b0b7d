// One sandbox, many commands: what runs in it, with which words, streams, signals and terminal.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connectSandbox } from "#helper/rpc/client.ts";
import { type CliWorld, cliWorld, resultOf, smallMachine, until } from "../../support/cli.ts";

const hosted = { AIRLOCK_TEST_HOSTED: "from the host" };

describe("a detached sandbox", { timeout: 240_000 }, () => {
  let world: CliWorld;
  const exec = (...args: string[]) => world.run(["exec", ...args]);

  before(async () => {
    world = cliWorld({
      "airlock.toml": `${smallMachine}[env]\nBOTH = "project"\nPROJECT = "1"\nHOSTED = "\${AIRLOCK_TEST_HOSTED}!"\n`,
      "airlock.local.toml": '[env]\nBOTH = "local"\nLOCAL = "2"\n',
      "sub/dir/file": "content\n",
    });
    const { code, stderr } = await world.run(["start", "--detach", "--yes"], { env: hosted });
    assert.equal(code, 0, stderr);
  });
  after(() => world.dispose());

  test("runs a command and passes its exit code on", async () => {
    assert.deepEqual(await exec("echo", "hello"), { code: 0, stdout: "hello\n", stderr: "" });
    assert.equal((await exec("sh", "-c", "exit 42")).code, 42);
  });

  test("keeps a copy of the output with AIRLOCK_PTY_DUMP=1, anew for each session", async () => {
    const env = { AIRLOCK_PTY_DUMP: "1" };
    const path = join(world.project, ".airlock/sandbox/pty.dump");
    const first = await world.run(["exec", "-q", "echo", "first"], { env });
    assert.deepEqual(first, { code: 0, stdout: "first\n", stderr: "" });
    assert.equal(readFileSync(path, "utf8"), "first\n");
    const onTerminal = world.spawnOnTerminal(["exec", "printf", "\\033[1mbold\\n"], { env });
    assert.equal((await resultOf(onTerminal)).code, 0);
    assert.equal(readFileSync(path, "utf8"), "\u001b[1mbold\r\n");
    await exec("echo", "not kept");
    assert.equal(readFileSync(path, "utf8"), "\u001b[1mbold\r\n");
  });

  test("has a disk that cannot be reset", async () => {
    const { code, stderr } = await world.run(["disk", "reset", "--yes"]);
    assert.equal(code, 1);
    assert.match(stderr, /The sandbox is running\.\n +Stop it first with `airlock stop`/);
    assert.equal((await exec("true")).code, 0);
  });

  test("keeps standard output and standard error apart", async () => {
    const result = await exec("sh", "-c", "echo out; echo err >&2");
    assert.deepEqual(result, { code: 0, stdout: "out\n", stderr: "err\n" });
  });

  test("accepts `--` and leaves every word after the command alone", async () => {
    const { stdout } = await exec("--", "printf", "%s.", "-x", "--", "a b", "$HOME", "'");
    assert.equal(stdout, "-x.--.a b.$HOME.'.");
  });

  test("sends the standard input and its end", async () => {
    const input = "x".repeat(300_000);
    const { stdout } = await world.run(["exec", "wc", "-c"], { input });
    assert.equal(stdout.trim(), "300000");
  });

  test("carries megabytes of output unharmed", async () => {
    const { stdout } = await exec("sh", "-c", "head -c 8000000 /dev/zero | tr '\\0' 'a'");
    assert.equal(stdout.length, 8_000_000);
  });

  test("reports a signal as 128 plus its number", async () => {
    assert.equal((await exec("sh", "-c", "kill -9 $$")).code, 137);
    assert.equal((await exec("sh", "-c", "kill -TERM $$")).code, 143);
  });

  test("an unknown command is an error of exec with exit code 1", async () => {
    const { code, stderr } = await exec("no-such-program");
    assert.equal(code, 1);
    assert.match(stderr, /^error: .*no-such-program.*\n$/);
  });

  test("the environment has the files' values, the local ones last, and the host's by template", async () => {
    const { stdout } = await exec("sh", "-c", 'echo "$PROJECT $BOTH $LOCAL $HOSTED"');
    assert.equal(stdout, "1 local 2 from the host!\n");
  });

  test("-e adds and replaces variables; words without `=` are ignored", async () => {
    const options = ["-e", "BOTH=mine", "-e", "nonsense", "-e", "NEW=a=b"];
    const { stdout } = await exec(...options, "sh", "-c", 'echo "$BOTH $NEW"');
    assert.equal(stdout, "mine a=b\n");
  });

  test("a command runs in the guest's counterpart of the current directory", async () => {
    const { stdout } = await world.run(["x", "pwd"], { cwd: "sub/dir" });
    assert.equal(stdout, `${join(world.project, "sub/dir")}\n`);
    assert.equal((await exec("-w", "/etc", "pwd")).stdout, "/etc\n");
    assert.equal((await exec("-w", "/not/there", "pwd")).stdout, "/\n");
  });

  test("files of the project are shared both ways, the sandbox's state is not", async () => {
    assert.equal((await exec("cat", "sub/dir/file")).stdout, "content\n");
    await exec("sh", "-c", "echo from the guest > made");
    assert.equal(readFileSync(join(world.project, "made"), "utf8"), "from the guest\n");
    assert.equal((await exec("ls", "-A", ".airlock")).stdout, "");
    assert.notEqual((await exec("touch", ".airlock/x")).code, 0);
  });

  test("commands run side by side", async () => {
    const slow = exec("sh", "-c", "sleep 3; echo slow");
    const quick = await Promise.all(Array.from({ length: 5 }, (_, n) => exec("echo", `${n}`)));
    assert.deepEqual(
      quick.map(({ stdout }) => stdout),
      ["0\n", "1\n", "2\n", "3\n", "4\n"],
    );
    assert.equal((await slow).stdout, "slow\n");
  });

  test("a signal for exec reaches the command", async () => {
    const script = "trap 'echo got TERM; exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    const child = world.spawn(["exec", "sh", "-c", script]);
    await once(child.stdout, "data");
    const ended = resultOf(child);
    child.kill("SIGTERM");
    const { code, stdout } = await ended;
    assert.deepEqual({ code, stdout }, { code: 5, stdout: "got TERM\n" });
  });

  test("a reader that goes away ends the command", async () => {
    const child = world.spawn(["exec", "yes"]);
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [code] = await once(child, "exit");
    assert.equal(code, 141);
  });

  test("a killed exec does not leave its command behind on a terminal", async () => {
    const findSleep = "ps | grep -q '[s]leep 4321'";
    const child = world.spawnOnTerminal(["exec", "sh", "-c", "echo ready; exec sleep 4321"]);
    await once(child.stdout, "data");
    await until(async () => (await exec("sh", "-c", findSleep)).code === 0);
    child.kill("SIGKILL");
    await until(async () => (await exec("sh", "-c", findSleep)).code !== 0);
  });

  test("a terminal has the caller's size and type, and follows its changes", async () => {
    const script = 'echo "$TERM $(stty size) $(tty)"; read line; stty size';
    const child = world.spawnOnTerminal(["exec", "sh", "-c", script]);
    const ended = once(child, "close");
    let seen = "";
    child.stdout.on("data", (chunk) => {
      seen += chunk;
    });
    await until(() => /xterm \d+ \d+ \/dev\/pts\/\d+/.test(seen));
    resizeTerminalOf(child.pid ?? 0, { rows: 33, columns: 101 });
    await delay(300);
    child.stdin.write("\r");
    await until(() => seen.includes("33 101"));
    const [code] = await ended;
    assert.equal(code, 0);
  });

  test("raw mode and modifyOtherKeys are undone at the end", async () => {
    const child = world.spawnOnTerminal(["exec", "true"]);
    const { stdout } = await resultOf(child);
    assert.ok(stdout.includes("\u001b[>4;1m"), "switched on");
    assert.ok(stdout.lastIndexOf("\u001b[>4m") > stdout.lastIndexOf("\u001b[>4;1m"), "and off");
  });

  test("a line feed of the guest stays one: the terminal adds no carriage return", async () => {
    const { stdout } = await resultOf(
      world.spawnOnTerminal(["exec", "sh", "-c", "stty -opost; printf 'a\\nb'"]),
    );
    assert.match(stdout, /a\nb/);
  });

  test("Ctrl-C on a terminal interrupts the command, not exec", async () => {
    const child = world.spawnOnTerminal(["exec", "sh", "-c", "echo ready; sleep 4322"]);
    await once(child.stdout, "data");
    await delay(300);
    child.stdin.write("\u0003");
    const [code] = await once(child, "close");
    assert.equal(code, 130);
  });

  test("-T gives pipes although the input is a terminal, -t the reverse", async () => {
    const { stdout } = await resultOf(world.spawnOnTerminal(["exec", "-T", "tty"]));
    assert.match(stdout, /not a tty/);
    assert.match((await exec("-t", "tty")).stdout, /\/dev\/pts\//);
  });

  test("show tells what runs, in JSON and for people", async () => {
    const status = await world.status();
    assert.equal(status.status, "running");
    assert.equal(status.image.name, "embedded:base");
    assert.match(status.image.digest ?? "", /^sha256:[0-9a-f]{64}$/);
    assert.equal(status.memoryBytes, 512 * 2 ** 20);
    assert.equal(status.disk?.sizeBytes, 256 * 2 ** 20);
    assert.deepEqual(
      status.phases.map(({ name }) => name),
      ["load", "config", "image", "launch", "machine", "boot", "snapshot", "attach", "ready"],
    );
    // Root may mount the kernel's file systems anew, and the image's user is root.
    const lesser = status.hardening.filter(({ state }) => state !== "on");
    assert.deepEqual(
      lesser.map(({ id, state }) => [id, state]),
      [["kernel-interfaces", "soft"]],
    );
    const { stdout } = await world.run(["show"]);
    assert.match(stdout, /^Status {2,}running$/m);
  });

  test("a watch delivers the load of guest and host", async () => {
    const connection = await connectSandbox(join(world.project, ".airlock/sandbox/cli.sock"));
    try {
      for await (const { event } of connection.sandbox.watch({ usageIntervalMs: 300 })) {
        if (event.case !== "usage") continue;
        const usage = event.value;
        assert.equal(usage.cpuPercent.length, 1);
        assert.ok(usage.memoryTotalBytes > 300n * 2n ** 20n);
        assert.ok(usage.memoryUsedBytes < usage.memoryTotalBytes);
        assert.ok(usage.diskSizeBytes > 200n * 2n ** 20n);
        assert.ok(usage.hostRssBytes > 50n * 2n ** 20n);
        break;
      }
    } finally {
      connection.close();
    }
  });

  test("the values of variables are in no file of the sandbox's state", async () => {
    const found = spawnSync("grep", ["-rl", "from the host!", join(world.project, ".airlock")]);
    const files = found.stdout.toString().split("\n").filter(Boolean);
    assert.deepEqual(
      files.filter((file) => !file.endsWith("disk.img")),
      [],
    );
  });

  test("state and socket are for the user only", async () => {
    const mode = (path: string) => spawnSync("stat", ["-c", "%a", path]).stdout.toString().trim();
    assert.equal(mode(join(world.project, ".airlock")), "700");
    assert.equal(mode(join(world.project, ".airlock/sandbox/cli.sock")), "600");
  });

  test("a second start is refused, and removing a running sandbox too", async () => {
    const second = await world.run(["start", "--detach", "--yes"], { env: hosted });
    assert.equal(second.code, 1);
    assert.match(second.stderr, /already running/);
    const removed = await world.run(["rm", "--force"]);
    assert.equal(removed.code, 1);
    assert.match(removed.stderr, /Stop it first/);
  });

  test("exec takes the nearest sandbox above that has a socket", async () => {
    mkdirSync(join(world.project, "nested", ".airlock", "sandbox"), { recursive: true });
    const { stdout } = await world.run(["exec", "pwd"], { cwd: "nested" });
    assert.equal(stdout, `${join(world.project, "nested")}\n`);
    writeFileSync(join(world.project, "nested/.airlock/sandbox/cli.sock"), "");
    const stale = await world.run(["exec", "pwd"], { cwd: "nested" });
    assert.equal(stale.code, 1);
    assert.match(stale.stderr, /stale/);
  });
});

/** Finds the terminal that script(1) made for its child and changes its size. */
function resizeTerminalOf(pid: number, { rows, columns }: { rows: number; columns: number }) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const child = children.find((one) => readdirSync(`/proc/${one}/fd`).includes("0"));
  const terminal = readlinkSync(`/proc/${child}/fd/0`);
  const stty = spawnSync("stty", ["-F", terminal, "rows", `${rows}`, "columns", `${columns}`]);
  assert.equal(stty.status, 0, stty.stderr.toString());
}
