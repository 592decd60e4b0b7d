// A registry that wants to know who pulls: asked about on a terminal, told to programs, answered over
// the standard input. The password is never shown.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startEventSchema } from "#shared/protocol/status.ts";
import { type CliWorld, cliWorld, resultOf, until } from "#test/support/cli.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import {
  alice,
  registrySkipReason,
  startRegistry,
  type TestRegistry,
} from "#test/support/registry.ts";
import { tar } from "#test/support/tar.ts";

describe("signing in to a registry", { timeout: 120_000, skip: registrySkipReason() }, () => {
  let world: CliWorld;
  let registry: TestRegistry;
  let name: string;
  let digest: string;
  before(async () => {
    world = cliWorld({});
    const layout = `${world.project}/layout`;
    const { app } = await writeLayout(layout, { app: { layers: [tar([{ path: "a" }])] } });
    digest = app?.digest ?? "";
    registry = await startRegistry({ passwords: true });
    await registry.push(layout, "app", "team/app:1");
    name = `${registry.host}/team/app:1`;
    const text = `[vm.image]\nname = "${name}"\nresolution = "registry"\ninsecure = true\n`;
    world.write("airlock.toml", text);
  });
  after(async () => {
    await registry.stop();
    await world.dispose();
  });

  /** Types each answer when its question has come. */
  const onTerminal = async (talk: readonly (readonly [string, string])[]) => {
    const child = world.spawnOnTerminal(["image", "pull"]);
    let seen = "";
    child.stdout.on("data", (data: Buffer) => {
      seen += data.toString();
    });
    const ended = resultOf(child);
    let from = 0;
    for (const [question, answer] of talk) {
      await until(() => seen.includes(question, from));
      from = seen.indexOf(question, from) + question.length;
      child.stdin.write(answer);
    }
    return { ...(await ended), seen };
  };

  it("is an error without a terminal, which says what to do", async () => {
    const { code, stderr } = await world.run(["image", "pull"]);
    assert.equal(code, 1);
    assert.match(stderr, /the registry 127\.0\.0\.1:\d+ requires authentication/);
    assert.match(stderr, /docker login 127\.0\.0\.1:\d+.*--credentials-stdin/);
  });

  it("is a question that a program can read", async () => {
    const { code, stdout } = await world.run(["start", "--detach", "--json", "--yes"]);
    assert.equal(code, 1);
    const event = startEventSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
    assert.ok(event.event === "error");
    assert.equal(event.code, "sign-in-required");
    const { reason, ...signIn } = event.signIn ?? {};
    assert.match(reason ?? "", /requires authentication/);
    assert.deepEqual(signIn, {
      host: registry.host,
      image: name,
      isRefusal: false,
      isPlain: true,
    });
  });

  it("reads an answer from the standard input, for this host only", async () => {
    const pull = (input: string) =>
      world.run(["image", "pull", "--credentials-stdin", "--json"], { input });
    const credentials = { username: alice.name, password: alice.password };
    const elsewhere = await pull(JSON.stringify({ ...credentials, host: "images.example" }));
    assert.match(elsewhere.stderr, /requires authentication/);
    const wrong = await pull(JSON.stringify({ ...credentials, password: "no-password" }));
    assert.match(wrong.stderr, /refused the sign-in/);
    for (const input of ["", "s3cret", '{"username":"alice"}']) {
      const { code, stderr } = await pull(input);
      assert.equal(code, 2);
      assert.match(stderr, /is no sign-in/);
      assert.doesNotMatch(stderr, /s3cret/);
    }
    const right = await pull(JSON.stringify({ ...credentials, host: registry.host }));
    assert.equal(right.code, 0, right.stderr);
    assert.equal(JSON.parse(right.stdout).digest, digest);
    const attached = await world.run(["start", "--credentials-stdin", "--", "true"]);
    assert.match(attached.stderr, /--credentials-stdin needs --detach/);
  });

  it("asks on a terminal, without showing the password, until the registry is content", async () => {
    const { code, seen } = await onTerminal([
      [`User name for ${registry.host}: `, "alice\r"],
      [`Password of alice for ${registry.host}: `, "wrong-word\r"],
      ["refused the sign-in", ""],
      [`User name for ${registry.host}: `, "alice\r"],
      [`Password of alice for ${registry.host}: `, `${alice.password}\r`],
    ]);
    assert.equal(code, 0, seen);
    assert.ok(seen.includes(digest));
    assert.match(seen, /is sent to 127\.0\.0\.1:\d+ unencrypted/);
    assert.doesNotMatch(seen, /wrong-word|s3cret/);
  });

  it("ends with an interruption at either question", async () => {
    const user = await onTerminal([[`User name for ${registry.host}: `, "\u0003"]]);
    assert.equal(user.code, 130, user.seen);
    const password = await onTerminal([
      [`User name for ${registry.host}: `, "alice\r"],
      [`Password of alice for ${registry.host}: `, "abc\u0003"],
    ]);
    assert.equal(password.code, 130, password.seen);
    assert.doesNotMatch(password.seen, /abc/);
  });
});
