import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { AxeResults } from "axe-core";
import type { Frame } from "playwright-core";
import { photographFailures } from "../support/photographs.ts";
import { shows } from "../support/waits.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);
const themes = [
  "Default Dark Modern",
  "Default Light Modern",
  "Default High Contrast",
  "Default High Contrast Light",
];
/** Emulated machines on a busy computer need long. */
const slowMs = 120_000;
/** A folder name that would be markup if it were not treated as text. */
const name = `<img src=x onerror="document.title='owned'">`;

describe("the panel", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  let folder: string;

  before(async () => {
    workbench = await startWorkbench();
    folder = workbench.folder(name, {
      "airlock.toml":
        '[vm]\nimage = "embedded:base"\ncpus = 2\nmemory = "512 MB"\nharden = false\n',
    });
    window = await workbench.open(folder);
    await window.page.setViewportSize({ width: 1280, height: 2000 });
    await window.command("Airlock: Open Panel");
    await window.webview.locator(".pill.stopped").waitFor({ timeout: 60_000 });
  });
  photographFailures(() => window);
  after(async () => {
    await workbench?.dispose();
  });

  test("says what to do while there is no sandbox", async () => {
    await window.webview.getByRole("heading", { name: "No sandbox yet" }).waitFor();
    await window.webview.getByRole("button", { name: "Start Sandbox" }).waitFor();
  });

  test("shows names from the workspace as text", async () => {
    assert.equal(await window.webview.locator("h1").textContent(), name);
    assert.equal(await window.webview.locator("img").count(), 0);
  });

  test("starts the sandbox by keyboard alone", async () => {
    await window.webview.locator("body").click({ position: { x: 5, y: 5 } });
    await window.page.keyboard.press("Tab");
    assert.equal(await focusedLabel(window), "Start Sandbox");
    await window.page.keyboard.press("Enter");
    // Lifted hardening is nothing that a start obeys unasked.
    await window.pressDialogButton("Approve and Start");
    await shows(window, /embedded:base/, slowMs);
    await window.webview.locator(".core").first().waitFor({ timeout: 30_000 });
  });

  test("keeps the focus among the actions when its button is gone", async () => {
    await window.webview.getByRole("button", { name: "Restart" }).focus();
    await window.page.keyboard.press("Enter");
    await window.webview.locator(".pill.starting").waitFor({ timeout: slowMs });
    await window.webview.locator(".pill.running").waitFor({ timeout: slowMs });
    // The first that there was while it stopped.
    assert.equal(await focusedLabel(window), "Configuration");
    await window.webview.locator(".core").first().waitFor({ timeout: 30_000 });
  });

  test("shows every value of the configuration with the place that it comes from", async () => {
    const row = (key: string) => window.webview.locator(`[data-focus="${key}"]`);
    await row("vm.memory").waitFor({ timeout: 60_000 });
    const words = async (key: string) =>
      ((await row(key).textContent()) ?? "").replaceAll(/\s+/g, " ").trim();
    assert.equal(await words("vm.memory"), "memory 512 MiB airlock.toml:4:10 (project)");
    assert.equal(await words("vm.kvm"), "kvm false (default)");
    // The same is what a screen reader says.
    const name = "memory 512 MiB airlock.toml:4:10 (project)";
    const item = window.webview
      .getByRole("tree", { name: "Effective configuration" })
      .getByRole("treeitem", { name, exact: true });
    assert.equal(await item.getAttribute("data-focus"), "vm.memory");
    assert.equal(await item.getAttribute("aria-level"), "2");
    writeFileSync(join(folder, "airlock.local.toml"), '[vm]\nmemory = "1 GB"\n');
    const changed = "memory 1 GiB airlock.local.toml:2:10 (local)";
    await until("the change", async () => (await words("vm.memory")) === changed);
    await row("vm.memory").focus();
    await window.page.keyboard.press("ArrowRight");
    assert.equal(await words("vm.memory#0"), 'over "512 MB" airlock.toml:4:10 (project)');
    await window.page.keyboard.press("ArrowLeft");
    rmSync(join(folder, "airlock.local.toml"));
    await until("the change back", async () => /512 MiB/.test(await words("vm.memory")));
  });

  test("has a tree that the keyboard walks through, and opens where a value is set", async () => {
    const press = (key: string) => window.page.keyboard.press(key);
    const focused = () =>
      window.webview.locator("[role=treeitem]:focus").getAttribute("data-focus");
    const isExpanded = () =>
      window.webview.locator("[role=treeitem]:focus").getAttribute("aria-expanded");
    await window.webview.locator('[data-focus="only set"]').focus();
    await press("Tab");
    assert.equal(await focused(), "vm.memory", "where the keyboard was last");
    await press("Home");
    assert.equal(await focused(), "vm");
    await press("ArrowLeft");
    assert.equal(await isExpanded(), "false");
    await press("ArrowDown");
    assert.equal(await focused(), "network");
    await press("Home");
    await press("ArrowRight");
    await press("ArrowRight");
    assert.equal(await focused(), "vm.image");
    await press("m");
    assert.equal(await focused(), "vm.memory");
    await press("Enter");
    const place = window.page.locator("#status\\.editor\\.selection");
    await place.filter({ hasText: "Ln 4, Col 10" }).waitFor({ timeout: 60_000 });
    await window.command("Airlock: Open Panel");
    await window.webview.locator(".effective").waitFor({ timeout: 60_000 });
  });

  test("leaves out on request what nobody has set", async () => {
    const cpus = window.webview.locator('[data-focus="vm.cpus"]');
    const kvm = window.webview.locator('[data-focus="vm.kvm"]');
    await kvm.waitFor({ timeout: 60_000 });
    await window.webview.getByLabel("Only what is set").check();
    await kvm.waitFor({ state: "hidden" });
    assert.ok(await cpus.isVisible());
    // Who listens is told how many there are to hear.
    const siblings = window.webview.locator('[role="treeitem"][aria-level="2"]:visible');
    const inVm = siblings.and(window.webview.locator('[data-focus^="vm."]'));
    assert.equal(await cpus.getAttribute("aria-setsize"), String(await inVm.count()));
    await window.webview.getByLabel("Only what is set").uncheck();
    assert.equal(await cpus.getAttribute("aria-setsize"), String(await inVm.count()));
  });

  test("announces the state to screen readers", async () => {
    const live = window.webview.locator("#live");
    assert.equal(await live.getAttribute("aria-live"), "polite");
    assert.match((await live.textContent()) ?? "", /Running$/);
  });

  test("tells each measure's state in words and what is off", async () => {
    const states = await window.webview.locator(".measure .state").allTextContents();
    assert.ok(states.every((state) => ["on", "off", "soft"].includes(state)));
    assert.ok(states.includes("off"), "vm.harden = false switches measures off");
  });

  for (const theme of themes) {
    test(`has no accessibility violation in ${theme}`, async () => {
      // The browser version of the workbench does not watch this file.
      workbench.settings({ "workbench.colorTheme": theme });
      await window.reload();
      const kind = theme.includes("High Contrast") ? "high-contrast" : theme.split(" ")[1];
      const body = window.webview.locator(`body.vscode-${kind?.toLowerCase()}`);
      await body.waitFor({ timeout: 30_000 });
      await window.webview.locator(".core").first().waitFor({ timeout: 60_000 });
      await window.webview.locator(".tree").waitFor({ timeout: 60_000 });
      await window.photograph(`panel in ${theme}`);
      const found = await violations(await panelFrame(window));
      assert.deepEqual(found, []);
    });
  }

  test("copies the digest", async () => {
    await window.webview.getByRole("button", { name: "Copy digest" }).click();
    await until("the copy is announced", async () =>
      /Digest copied/.test((await window.webview.locator("#live").textContent()) ?? ""),
    );
    const graph = () => window.webview.locator(".core svg").first().innerHTML();
    for (const sample of ["the next sample", "one more"]) {
      const before = await graph();
      await until(sample, async () => (await graph()) !== before);
    }
    assert.equal(await window.webview.locator("#live").textContent(), "Digest copied");
  });

  test("stops the sandbox and keeps what is known of it", async () => {
    await window.webview.getByRole("button", { name: "Stop", exact: true }).click();
    await window.webview.locator(".pill.stopped").waitFor({ timeout: 60_000 });
    assert.match((await window.webview.locator(".image").textContent()) ?? "", /sha256:/);
    assert.equal(await window.webview.locator(".core").count(), 0);
  });
});

async function panelFrame({ page }: Window): Promise<Frame> {
  for (const frame of page.frames()) {
    const isPanel = await frame.evaluate(() => document.getElementById("live") !== null);
    if (isPanel) return frame;
  }
  throw new Error("the panel is not in view");
}

async function violations(frame: Frame): Promise<string[]> {
  await frame.evaluate(axeSource);
  const results: AxeResults = await frame.evaluate("axe.run(document, { iframes: false })");
  return results.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`,
  );
}

async function focusedLabel(window: Window): Promise<string | null> {
  return window.webview.locator(":focus").first().getAttribute("aria-label");
}
