import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { photographFailures } from "../support/photographs.ts";
import { shows } from "../support/waits.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import { descendants, sandboxProcesses } from "../support/workbenchProcesses.ts";
import type { Window } from "../support/workbenchWindow.ts";

/** Emulated machines on a busy computer need long. */
const slowMs = 120_000;

describe("a sandbox and the windows around it", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  let folder: string;

  before(async () => {
    workbench = await startWorkbench();
    folder = workbench.folder("survivor", {
      "airlock.toml": '[vm]\nimage = "embedded:base"\ncpus = 1\nmemory = "512 MB"\n',
    });
    window = await workbench.open(folder);
    await shows(window, /stopped/);
  });
  photographFailures(() => window);
  after(async () => {
    await workbench?.dispose();
  });

  test("a cancelled start leaves nothing running", async () => {
    await window.command("Airlock: Start Sandbox");
    await until("a machine", () => sandboxProcesses(folder).length > 0, slowMs);
    await window.notification("Starting sandbox").getByText("Cancel").click();
    await shows(window, /stopped/);
    await until("no process is left", () => sandboxProcesses(folder).length === 0, 20_000);
  });

  test("a killed extension host takes no sandbox with it, and the window finds it again", async () => {
    await window.command("Airlock: Start Sandbox");
    await shows(window, /embedded:base/, slowMs);
    const before = supervisor(folder);
    const hosts = descendants(workbench.pid).filter(({ command }) =>
      command.includes("--type=extensionHost"),
    );
    assert.ok(hosts.length > 0);
    for (const { pid } of hosts) process.kill(pid, "SIGKILL");
    await until("the host is gone", () =>
      descendants(workbench.pid).every(({ pid }) => hosts.every((host) => host.pid !== pid)),
    );
    assert.equal(supervisor(folder), before);
    await window.reopen();
    await shows(window, /embedded:base/);
    assert.equal(supervisor(folder), before);
    assert.ok(sandboxProcesses(folder).some(({ pid }) => pid === before));
  });

  test("a second window on the folder shows the same sandbox and can stop it", async () => {
    const second = await workbench.open(folder);
    await shows(second, /embedded:base/);
    await second.command("Airlock: Stop Sandbox");
    await shows(second, /stopped/);
    await shows(window, /stopped/);
    await until("no process is left", () => sandboxProcesses(folder).length === 0, 20_000);
    await second.close();
  });

  test("a sandbox whose supervisor is killed is shown as failed, and starts again", async () => {
    await window.command("Airlock: Start Sandbox");
    await shows(window, /embedded:base/, slowMs);
    process.kill(supervisor(folder), "SIGKILL");
    await shows(window, /failed/);
    await window.notification("ended unexpectedly").waitFor();
    await window.command("Airlock: Start Sandbox");
    await shows(window, /embedded:base/, slowMs);
    await window.command("Airlock: Stop Sandbox");
    await shows(window, /stopped/);
    await until("no process is left", () => sandboxProcesses(folder).length === 0, 20_000);
  });
});

function supervisor(folder: string): number {
  const record: { processes: { name: string; pid: number }[] } = JSON.parse(
    readFileSync(join(folder, ".airlock", "sandbox", "run.json"), "utf8"),
  );
  return record.processes.find(({ name }) => name === "supervisor")?.pid ?? 0;
}
