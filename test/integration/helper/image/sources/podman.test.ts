// Podman's socket speaks Docker's API, with names and an archive format of its own.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import Docker from "dockerode";
import { prepareImage } from "#helper/image/prepare.ts";
import { until } from "#test/support/cli.ts";
import { readErofs } from "#test/support/erofsReader.ts";
import { saveImage } from "#test/support/savedArchive.ts";
import { tar } from "#test/support/tar.ts";

const base = tar([{ path: "hello", content: "world" }]);
const upper = tar([{ path: "etc/motd", content: "hi\n" }]);

describe("images of Podman", { skip: skipReason() }, () => {
  const scratch = mkdtempSync(join(tmpdir(), "ap-"));
  const runtimeDir = join(scratch, "run");
  const socketPath = join(runtimeDir, "podman/podman.sock");
  const environment = { ...process.env };
  let podman: ChildProcess;
  before(async () => {
    mkdirSync(join(runtimeDir, "podman"), { recursive: true });
    const [storage, containers] = [join(scratch, "storage.conf"), join(scratch, "containers.conf")];
    writeFileSync(
      storage,
      `[storage]\ndriver = "vfs"\ngraphroot = "${scratch}/g"\nrunroot = "${scratch}/r"\n`,
    );
    writeFileSync(
      containers,
      `[engine]\nevents_logger = "file"\ncgroup_manager = "cgroupfs"\ntmp_dir = "${scratch}/t"\n`,
    );
    const env = { CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: containers };
    podman = spawn("podman", ["system", "service", "--time=0", `unix://${socketPath}`], {
      env: { ...process.env, ...env, HOME: scratch },
      stdio: "ignore",
    });
    const docker = new Docker({ socketPath });
    await until(() => existsSync(socketPath) && docker.ping().then(Boolean, () => false));
    process.env.HOME = join(scratch, "home");
    process.env.XDG_RUNTIME_DIR = runtimeDir;
    for (const name of ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"]) delete process.env[name];
  });
  after(async () => {
    process.env = environment;
    const ended = once(podman, "exit");
    podman.kill();
    await ended;
    rmSync(scratch, { recursive: true, force: true });
  });

  it("are found through its socket and known by its id", async () => {
    const tags = ["localhost/app:1"];
    const { archive, configDigest } = saveImage("podman", { layers: [base, upper, base], tags });
    const docker = new Docker({ socketPath });
    await text(await docker.loadImage(Readable.from([archive]), { quiet: true }));
    const request = { resolution: "docker", insecure: false, projectDir: scratch } as const;
    const image = await prepareImage({ ...request, name: "app:1" });
    assert.equal(image.digest, configDigest);
    assert.equal(image.source, "docker");
    const files = [...readErofs(readFileSync(image.path))].filter(
      ([, { kind }]) => kind === "file",
    );
    const contents = files.map(([name, { content }]) => [name, content.toString()]);
    assert.deepEqual(Object.fromEntries(contents), { hello: "world", "etc/motd": "hi\n" });
    await assert.rejects(prepareImage({ ...request, name: "none:1" }), { code: "not-found" });
  });
});

function skipReason(): string | false {
  if (process.getuid?.() !== 0) return "Podman's service is only set up for root here";
  return spawnSync("podman", ["--version"]).status === 0 ? false : "podman is missing";
}
