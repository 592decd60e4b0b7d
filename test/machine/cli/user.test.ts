// An image whose user is not root: ids, groups, home, terminal, and what no program gains.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { baseLayer } from "#test/support/baseLayer.ts";
import { cliWorld, resultOf, smallMachine } from "#test/support/cli.ts";
import { guestProgram } from "#test/support/guestProgram.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import { tar } from "#test/support/tar.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1234:2345:App:/home/app:/bin/sh\n";
const group =
  "root:x:0:\ntty:x:5:\napp:x:2345:\nstaff:x:50:app\nextra:x:60:root,app\nother:x:70:root\n";

test("the image's user is who runs, whatever programs make of its files", {
  timeout: 300_000,
}, async (t) => {
  const world = cliWorld({
    "airlock.toml": smallMachine.replace('"embedded:base"', '"oci:./image:app"'),
  });
  t.after(() => world.dispose());
  const users = tar([
    { path: "etc/passwd", mode: 0o666, content: passwd },
    { path: "etc/group", content: group },
    { path: "home/app", type: "5", mode: 0o755, uid: 1234, gid: 2345 },
    // Set-uid root, which must not help.
    { path: "usr/bin/attempts", mode: 0o4755, content: program(t) },
  ]);
  await writeLayout(join(world.project, "image"), {
    app: { layers: [baseLayer(), users], config: { User: "app", Env: ["PATH=/usr/bin:/bin"] } },
  });
  const started = await world.run(["start", "--detach", "--yes"]);
  assert.equal(started.code, 0, started.stderr);
  const shell = async (script: string) =>
    (await world.run(["exec", "-w", "/", "sh", "-c", script])).stdout.trim();

  const identity = "id -u; id -g; id -G | tr ' ' '\\n' | sort -n | tr '\\n' ' '; echo $HOME";
  const expected = "1234\n2345\n50 60 2345 /home/app";
  assert.equal(await shell(identity), expected);
  assert.equal(await shell("touch ~/mine && stat -c %u:%g ~/mine"), "1234:2345");
  assert.match(await shell("attempts"), /^euid 1234$/m);
  assert.equal(await shell("sed -n 's/^CapEff:.//p' /proc/self/status"), "0000000000000000");
  const terminal = world.spawnOnTerminal(["exec", "sh", "-c", "stat -c %u:%g:%a $(tty)"]);
  assert.match((await resultOf(terminal)).stdout, /1234:5:620/);

  // Without root nobody lifts the masks.
  const { hardening } = await world.status();
  assert.equal(hardening.find(({ id }) => id === "kernel-interfaces")?.state, "on");

  await shell("echo root:x:0:0::/:/bin/sh > /etc/passwd; echo kept > ~/mine");
  assert.equal((await world.run(["stop"])).code, 0);
  const again = await world.run(["start", "--detach"]);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(await shell(identity), expected);
  assert.equal(await shell("cat ~/mine"), "kept");
  assert.match((await world.run(["logs"])).stdout, /user "app": not in the image: .* are used/);
});

function program(t: { after(run: () => void): void }): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "p-"));
  t.after(() => rmSync(directory, { recursive: true }));
  guestProgram("attempts", join(directory, "attempts"));
  return readFileSync(join(directory, "attempts"));
}
