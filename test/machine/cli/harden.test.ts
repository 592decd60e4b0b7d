// What `vm.harden` holds back and what it must not, told by the programs in the sandbox.
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type CliWorld, cliWorld, resultOf, smallMachine } from "#test/support/cli.ts";
import { guestProgram } from "#test/support/guestProgram.ts";

let world: CliWorld;
const exec = (...args: string[]) => world.run(["exec", ...args]);
const shell = async (script: string) => (await exec("sh", "-c", script)).stdout.trim();

async function start(config: string): Promise<void> {
  world = cliWorld({ "airlock.toml": config });
  guestProgram("attempts", join(world.project, "attempts"));
  const { code, stderr } = await world.run(["start", "--detach", "--yes"]);
  assert.equal(code, 0, stderr);
}

/** The launch measures and their states. */
async function launchMeasures() {
  const { hardening } = await world.status();
  const first = hardening.findIndex(({ id }) => id === "no-new-privs");
  return Object.fromEntries(hardening.slice(first).map(({ id, state }) => [id, state]));
}

async function attempts(): Promise<Record<string, string>> {
  const lines = (await shell("./attempts")).split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/ (.*)/s).slice(0, 2)));
}

/** The mounts, sorted, without what depends on the kernel, on the machine or on where the project is. */
async function mounts(): Promise<string[]> {
  const table = await shell("cat /proc/mounts");
  return table
    .split("\n")
    .map((line) => line.replace(/ 0 0$/, "").replaceAll(world.project, "<project>"))
    .map((line) => line.replace(/,(inode64|relatime|lowerdir=.*|nr_inodes=\d+|size=\d{6,}k)/g, ""))
    .map((line) => line.replace(/^\/dev\/vd./, "<disk>"))
    .filter((line) => !/^\S+ \/(proc\/|sys\/firmware|sys\/kernel|sys\/devices)/.test(line))
    .sort();
}

describe("a hardened sandbox", { timeout: 300_000 }, () => {
  before(() => start(smallMachine));
  after(() => world.dispose());

  test("takes every measure and says which one its root could lift", async () => {
    assert.deepEqual(await launchMeasures(), {
      "no-new-privs": "on",
      "mount-namespace": "on",
      "ipc-namespace": "on",
      "uts-namespace": "on",
      capabilities: "on",
      "system-call-filter": "on",
      "private-devices": "on",
      "kernel-interfaces": "soft",
    });
    assert.match(await shell("cat /proc/self/status"), /NoNewPrivs:\t1\nSeccomp:\t2\n/);
  });

  test("has the file systems that programs expect, the kernel's for reading only", async () => {
    assert.deepEqual(await mounts(), [
      "<disk> /airlock/disk ext4 rw,noinit_itable",
      "cgroup2 /sys/fs/cgroup cgroup2 ro",
      "dev /dev tmpfs rw,nosuid,noexec,size=1024k,mode=755",
      "devpts /dev/pts devpts rw,nosuid,noexec,gid=5,mode=620,ptmxmode=666",
      "overlay / overlay rw,nodev",
      "proc /proc proc rw",
      "project <project> virtiofs rw,nodev",
      "shm /dev/shm tmpfs rw,nosuid,nodev,noexec,size=65536k",
      "sysfs /sys sysfs ro,nosuid,nodev,noexec",
      "tmp /tmp tmpfs rw,nosuid,nodev",
    ]);
    assert.equal(await shell("stat -c %a /tmp /dev/shm | tr '\\n' ' '"), "1777 1777");
  });

  test("keeps mounts, host name and message queues of a command from the others", async () => {
    const holder = world.spawn([
      ...["exec", "sh", "-c"],
      "mount -t tmpfs mine /mnt && hostname other && exec ./attempts queue",
    ]);
    const ended = resultOf(holder);
    const [said] = await once(holder.stdout, "data");
    assert.equal(String(said), "queue ok\n");
    assert.equal(await shell("grep -c mine /proc/mounts"), "0");
    assert.equal(await shell("hostname"), "airlock");
    assert.equal(await shell("wc -l < /proc/sysvipc/msg"), "1");
    holder.stdin.end();
    assert.equal((await ended).code, 0);
  });

  test("has no device of the machine, and root can make none", async () => {
    const devices = "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero";
    assert.equal(await shell("ls /dev | tr '\\n' ' '"), devices);
    assert.match((await exec("mknod", "/dev/vda", "b", "254", "0")).stderr, /not permitted/);
    const anew = "mount -t devtmpfs dev /mnt && ls /mnt | grep -E '^(vd|vport|kmsg|mem|loop)'";
    assert.equal(await shell(anew), "");
    assert.equal(await shell("echo x | tee /dev/null; head -c 4 /dev/zero | wc -c"), "x\n4");
  });

  test("hides and write-protects what belongs to the kernel and to the agent", async () => {
    for (const attempt of [
      "echo 3 > /proc/sys/vm/drop_caches",
      "echo h > /proc/sysrq-trigger",
      "mkdir /sys/fs/cgroup/mine",
      "echo 1 > /sys/kernel/profiling",
      "cat /proc/1/environ",
      "ls /proc/1/root/",
      "dmesg",
    ]) {
      assert.notEqual((await exec("sh", "-c", attempt)).code, 0, attempt);
    }
    assert.equal(await shell("cat /proc/kcore /proc/keys /proc/kallsyms | wc -c"), "0");
    assert.equal(await shell("ls -A /sys/firmware"), "");
    assert.match(await shell("date -s 2001-01-01 2>&1"), /not permitted/);
  });

  test("denies system calls into the kernel; debuggers and root's own work go on", async () => {
    assert.deepEqual(await attempts(), {
      keyctl: "EPERM",
      bpf: "EPERM",
      perf_event_open: "EPERM",
      io_uring_setup: "EPERM",
      ptrace: "ok",
      euid: "0",
    });
    const work = [
      "cd /tmp && echo 1 > a && chown 1000:1000 a && chmod 600 a && cat a > /dev/null",
      "start-stop-daemon -S -c 1000:1000 -x /bin/cat -- a > /dev/null",
      "ln -sf a b && mkfifo c && ulimit -n 2000 && nice -n -5 true && kill -0 $$",
      "mkdir d && mount --bind /etc d && test -e d/passwd && umount d",
      "ifconfig lo 127.0.0.1 up && ip addr add 10.9.9.9/32 dev lo && ping -c 1 10.9.9.9 > /dev/null",
    ];
    const { code, stderr } = await exec("sh", "-ec", work.join("\n"));
    assert.equal(code, 0, stderr);
  });

  test("shows the programs of other commands under the paths that they have themselves", async () => {
    const pid = await shell("sleep 100 > /dev/null 2>&1 & echo $!");
    assert.equal(await shell(`readlink /proc/${pid}/cwd`), world.project);
    assert.equal(await shell(`readlink /proc/${pid}/root`), "/");
  });

  test("starts again whatever a program has made of its file system", async () => {
    const wreck = [
      // The project is below it.
      "umount -l /tmp; rmdir /tmp; echo in the way > /tmp",
      "umount /airlock/disk; rm -r /airlock; ln -s airlock /airlock",
      "rm -f /etc/hosts /etc/machine-id /etc/resolv.conf",
      "mkdir -p /etc/hosts/x /etc/machine-id/x; ln -s resolv.conf /etc/resolv.conf",
      "rm /etc/passwd /etc/group; mkdir /etc/passwd",
    ];
    const wrecked = await exec("-w", "/", "sh", "-ec", wreck.join("\n"));
    assert.equal(wrecked.code, 0, wrecked.stderr);
    assert.equal((await world.run(["stop"])).code, 0);
    const { code, stderr } = await world.run(["start", "--detach"]);
    assert.equal(code, 0, stderr);
    assert.equal(
      await shell("echo fine > /tmp/x; cat /tmp/x; ls -d /airlock/disk"),
      "fine\n/airlock/disk",
    );
    const log = (await world.run(["logs"])).stdout;
    assert.match(log, /\/tmp was no directory and has been replaced by one/);
    assert.match(log, /not all files with names could be written: .*\/etc\/hosts/);
  });
});

describe("a sandbox that is not hardened", { timeout: 240_000 }, () => {
  before(() => start(smallMachine.replace("cpus", "harden = false\ncpus")));
  after(() => world.dispose());

  test("takes no measure and says so", async () => {
    const states = Object.values(await launchMeasures());
    assert.deepEqual(
      states,
      Array.from({ length: 8 }, () => "off"),
    );
    const status = await shell("cat /proc/self/status");
    assert.match(status, /NoNewPrivs:\t0\nSeccomp:\t0\n/);
    assert.equal(
      /CapBnd:\t(\w+)/.exec(status)?.[1],
      await shell("sed -n 's/^CapBnd:.//p' /proc/1/status"),
    );
    const { keyctl, bpf, ptrace } = await attempts();
    assert.notEqual(keyctl, "EPERM");
    assert.notEqual(bpf, "EPERM");
    assert.equal(ptrace, "ok");
  });

  test("has the machine's devices and the kernel's file systems for writing", async () => {
    assert.deepEqual(await mounts(), [
      "<disk> /airlock/disk ext4 rw,noinit_itable",
      "cgroup2 /sys/fs/cgroup cgroup2 rw",
      "devpts /dev/pts devpts rw,nosuid,noexec,gid=5,mode=620,ptmxmode=666",
      "devtmpfs /dev devtmpfs rw,nosuid,mode=755",
      "overlay / overlay rw",
      "proc /proc proc rw",
      "project <project> virtiofs rw,nodev",
      "shm /dev/shm tmpfs rw,nosuid,nodev,noexec,size=65536k",
      "sysfs /sys sysfs rw,nosuid,nodev,noexec",
      "tmp /tmp tmpfs rw,nosuid,nodev",
    ]);
    assert.equal((await exec("head", "-c", "1", "/dev/vda")).code, 0);
    assert.equal((await exec("mkdir", "/sys/fs/cgroup/mine")).code, 0);
    assert.equal((await exec("sh", "-c", "echo 3 > /proc/sys/vm/drop_caches")).code, 0);
  });
});
