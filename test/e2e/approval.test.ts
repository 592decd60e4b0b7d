import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { photographFailures } from "../support/photographs.ts";
import { shows } from "../support/waits.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

/** Asks for something, and cannot start: these tests are about the question. */
const asking = 'vm.image = "oci:./none"\n[mounts.data]\nsource = "/srv/data"\ntarget = "/data"\n';

describe("a configuration that reaches beyond the sandbox", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  photographFailures(() => window);
  before(async () => {
    workbench = await startWorkbench();
  });
  after(async () => {
    await workbench?.dispose();
  });

  test("is started only after the user has approved it, and then again without a question", async () => {
    const folder = workbench.folder("asking", { "airlock.toml": asking });
    const approvals = join(workbench.home, ".airlock", "approvals.json");
    window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    await dialog(window).getByText("/srv/data").waitFor();
    await window.photograph("the question for an approval");
    await shows(window, /stopped/);
    await window.pressDialogButton("Cancel");
    assert.ok(!existsSync(approvals));
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("View Diff");
    await until("the diff", async () => /mounts\.data.*\/srv\/data/.test(await text(window)));
    await window.photograph("the diff of an approval");
    await diffAction(window, "Don't Approve").click();
    await until("the diff is closed", async () => (await diffTabs(window).count()) === 0);
    assert.ok(!existsSync(approvals));
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("View Diff");
    await diffAction(window, "Approve and Start").click();
    await until("the approval", () => existsSync(approvals));
    assert.equal(await diffTabs(window).count(), 0);
    assert.match(readFileSync(approvals, "utf8"), /\/srv\/data/);
    await shows(window, /failed/);
    await window.command("Notifications: Clear All Notifications");
    await window.command("Airlock: Start Sandbox");
    await window.notification("Show Logs").waitFor({ timeout: 60_000 });
    assert.equal(await dialog(window).count(), 0);
    await window.close();
  });

  test("is asked about again when it grants more, with the difference", async () => {
    const folder = workbench.folder("asking", {
      "airlock.toml": `${asking}[mounts.more]\nsource = "/srv/more"\ntarget = "/more"\n`,
    });
    window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    await dialog(window).getByText("something else than you approved").waitFor();
    const detail = (await dialog(window).textContent()) ?? "";
    assert.match(detail, /\+mounts\.more = .*\/srv\/more/);
    assert.doesNotMatch(detail, /srv\/data/);
    await window.pressDialogButton("Cancel");
    await window.close();
  });

  test("waits for a word on its diff, which another start brings back and closing refuses", async () => {
    const folder = workbench.folder("asking", {
      "airlock.toml": `${asking}[mounts.most]\nsource = "/srv/most"\ntarget = "/most"\n`,
    });
    const approvals = join(workbench.home, ".airlock", "approvals.json");
    window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("View Diff");
    await diffAction(window, "Approve and Start").waitFor();
    await window.page.getByText("asking waits for your approval").waitFor();
    await window.command("Airlock: Open Configuration");
    await diffAction(window, "Approve and Start").waitFor({ state: "hidden" });
    assert.equal(await diffTabs(window).count(), 1);
    await window.command("Airlock: Start Sandbox");
    await diffAction(window, "Approve and Start").waitFor();
    assert.equal(await dialog(window).count(), 0, "the question is not asked twice at a time");
    await window.command("View: Close Editor");
    await window.page.getByText("asking waits for your approval").waitFor({ state: "hidden" });
    assert.doesNotMatch(readFileSync(approvals, "utf8"), /srv\/most/);
    await window.command("Airlock: Start Sandbox");
    await dialog(window).getByText("/srv/most").waitFor();
    await window.pressDialogButton("Cancel");
    await window.close();
  });

  test("is approved unasked where the user's own settings say so, not where the workspace's do", async () => {
    const folder = workbench.folder("settled", {
      "airlock.toml": asking,
      ".vscode/settings.json": '{ "airlock.approval": "always" }',
    });
    const approvals = join(workbench.home, ".airlock", "approvals.json");
    const isApproved = () => readFileSync(approvals, "utf8").includes(folder);
    window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    await dialog(window).getByText("/srv/data").waitFor();
    await window.pressDialogButton("Cancel");
    assert.ok(!isApproved());
    workbench.machineSettings({ "airlock.approval": "always" });
    await window.reload();
    await window.command("Airlock: Start Sandbox");
    await until("the approval", isApproved, 60_000);
    await shows(window, /failed/);
    assert.equal(await dialog(window).count(), 0);
    await window.close();
  });

  test("shows what it amounts to and follows its files", async () => {
    const folder = workbench.folder("effective", { "airlock.toml": "vm.cpus = 1\n" });
    window = await workbench.open(folder);
    await window.command("Airlock: Show Effective Configuration");
    await until("the text", async () => /cpus = 1 # airlock\.toml:1:11/.test(await text(window)));
    await window.page.locator("#status\\.editor\\.mode").getByText("TOML").waitFor();
    await window.photograph("the effective configuration");
    writeFileSync(join(folder, "airlock.local.toml"), "[vm]\ncpus = 2\n");
    await until("the change", async () => /cpus = 2 # airlock\.local/.test(await text(window)));
    await window.close();
  });
});

function dialog({ page }: Window) {
  return page.locator(".monaco-dialog-box");
}

function diffTabs({ page }: Window) {
  return page.locator(".tabs-container .tab").filter({ hasText: "asked for" });
}

function diffAction({ page }: Window, title: string) {
  return page.locator(".editor-actions .action-label").filter({ hasText: title });
}

async function text({ page }: Window): Promise<string> {
  const lines = await page.locator(".editor-instance .view-lines").allTextContents();
  return lines.join("\n").replaceAll("\u00a0", " ");
}
