import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { shows } from "../support/statusBar.ts";
import { startWorkbench, until, type Workbench } from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

/** Asks for something, and cannot start: these tests are about the question. */
const asking = 'vm.image = "oci:./none"\n[mounts.data]\nsource = "/srv/data"\ntarget = "/data"\n';

describe("a configuration that reaches beyond the sandbox", () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await startWorkbench();
  });
  after(async () => {
    await workbench?.dispose();
  });

  test("is started only after the user has approved it, and then again without a question", async () => {
    const folder = workbench.folder("asking", { "airlock.toml": asking });
    const approvals = join(workbench.home, ".airlock", "approvals.json");
    const window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    await dialog(window).getByText("/srv/data").waitFor();
    await window.pressDialogButton("Cancel");
    assert.ok(!existsSync(approvals));
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("View Diff");
    await until("the diff", async () => /mounts\.data.*\/srv\/data/.test(await text(window)));
    await window
      .notification("Approve this for the sandbox")
      .getByText("Approve and Start")
      .click();
    await until("the approval", () => existsSync(approvals));
    assert.match(readFileSync(approvals, "utf8"), /\/srv\/data/);
    await shows(window, /failed/);
    await window.close();
  });

  test("shows what it amounts to and follows its files", async () => {
    const folder = workbench.folder("effective", { "airlock.toml": "vm.cpus = 1\n" });
    const window = await workbench.open(folder);
    await window.command("Airlock: Show Effective Configuration");
    await until("the text", async () => /cpus = 1 # airlock\.toml:1:11/.test(await text(window)));
    writeFileSync(join(folder, "airlock.local.toml"), "[vm]\ncpus = 2\n");
    await until("the change", async () => /cpus = 2 # airlock\.local/.test(await text(window)));
    await window.close();
  });
});

function dialog({ page }: Window) {
  return page.locator(".monaco-dialog-box");
}

async function text({ page }: Window): Promise<string> {
  const lines = await page.locator(".editor-instance .view-lines").allTextContents();
  return lines.join("\n").replaceAll("\u00a0", " ");
}
