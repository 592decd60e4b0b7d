// Run as another user by unprivileged.test.ts: boots a machine and prints what it found as JSON.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootMachine, endMachines } from "#test/support/machine.ts";

const project = join(process.argv[2] ?? "", "project");
mkdirSync(join(project, ".airlock", "sandbox"), { recursive: true });
writeFileSync(join(project, ".airlock", "key"), "secret\n");
writeFileSync(join(project, "file"), "from the host\n");

const { run, machine } = await bootMachine(project);
const airlock = join(project, ".airlock");
const found = {
  shares: machine.shares,
  file: (await run("cat", join(project, "file"))).stdout,
  covered: (await run("ls", "-A", airlock)).stdout,
  coverWritable: (await run("touch", join(airlock, "x"))).code === 0,
  ownerInGuest: (await run("sh", "-c", `touch ${project}/new; stat -c %u ${project}/new`)).stdout,
  ownerOnHost: statSync(join(project, "new")).uid,
};
await endMachines(project);
const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
console.log(JSON.stringify({ ...found, leftRunning: children }));
