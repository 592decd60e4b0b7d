import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Editor } from "../support/editor.ts";
import { photographFailures } from "../support/photographs.ts";
import { prompt, shows } from "../support/waits.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

describe("a folder and its configuration", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  photographFailures(() => window);
  before(async () => {
    workbench = await startWorkbench();
  });
  after(async () => {
    await workbench?.dispose();
  });

  test("Create Configuration writes what fits the folder, and never overwrites", async () => {
    const folder = workbench.folder("fresh", { "package.json": "{}" });
    window = await workbench.open(folder);
    assert.equal(await window.statusBar.count(), 0);
    await window.command("Airlock: Create Configuration…");
    const file = join(folder, "airlock.toml");
    await until("the file", () => existsSync(file));
    assert.match(readFileSync(file, "utf8"), /^presets = \[.*"nodejs"\]$/m);
    await shows(window, /stopped/);
    assert.ok(!(await window.offered("Airlock: ")).includes("Airlock: Create Configuration…"));
    await window.close();
  });

  test("Create Configuration takes over a devcontainer.json, and says what it could not", async () => {
    const folder = workbench.folder("imported", {
      ".devcontainer/devcontainer.json": '{"forwardPorts": [3000], "features": {}}',
      "AGENTS.md": "",
    });
    const window = await workbench.open(folder);
    await window.command("Airlock: Create Configuration…");
    const rows = window.page.locator(".quick-input-list .monaco-list-row");
    await rows.filter({ hasText: "devcontainer.json" }).waitFor();
    assert.equal(await rows.count(), 2);
    await window.page.keyboard.press("Enter");
    await window.notification("One thing could not be carried over").waitFor();
    const text = readFileSync(join(folder, "airlock.toml"), "utf8");
    assert.match(text, /^guest = \[ 3000 \]$/m);
    assert.match(text, /^# - features: /m);
    assert.doesNotMatch(text, /^presets/m);
    await window.close();
  });

  test("the user's and the local file are made when they are opened first", async () => {
    const folder = workbench.folder("scopes", { "airlock.toml": "[vm]\n" });
    const window = await workbench.open(folder);
    await shows(window, /stopped/);
    const user = join(workbench.home, ".airlock", "config.toml");
    await window.command("Airlock: Open User Configuration");
    await until("the user's file", () => existsSync(user));
    await window.command("Airlock: Open Local Configuration");
    await until("the local file", () => existsSync(join(folder, "airlock.local.toml")));
    await window.close();
  });

  test("a file of one's own does not keep the project's from being made", async () => {
    const folder = workbench.folder("own", { "airlock.local.toml": "[vm]\n", "go.mod": "" });
    const window = await workbench.open(folder);
    await shows(window, /stopped/);
    assert.ok(!(await window.offered("Airlock: ")).includes("Airlock: Open Configuration"));
    await window.command("Airlock: Create Configuration…");
    await until("the project's file", () => existsSync(join(folder, "airlock.toml")));
    await window.close();
  });

  test("a start without a configuration offers to create one", async () => {
    const folder = workbench.folder("bare", { "main.go": "" });
    window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Cancel");
    assert.ok(!existsSync(join(folder, "airlock.toml")));
    assert.ok(!existsSync(join(folder, ".airlock")));
    await window.close();
  });

  test("a mistake in the file is told once and opened at its place", async () => {
    const folder = workbench.folder("broken", { "airlock.toml": "# 1\n[vm]\n  cpus = 0\n" });
    window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    await shows(window, /failed/);
    const message = window.notification(/airlock\.toml:3:\d+: `vm\.cpus`/);
    await message.getByText("Open Configuration").click();
    const place = window.page.locator("#status\\.editor\\.selection");
    await until("the cursor", async () => /Ln 3/.test((await place.textContent()) ?? ""));
    await until(
      "a diagnostic of the language server",
      async () => (await window.page.locator(".squiggly-error").count()) > 0,
    );
    await window.close();
  });

  test("what a message quotes from the workspace is text and no link", async () => {
    const image = "[look](command:workbench.action.closeWindow)";
    const folder = workbench.folder("quoted", { "airlock.toml": `[vm]\nimage = "${image}"\n` });
    window = await workbench.open(folder);
    await window.command("Airlock: Start Sandbox");
    // The progress of the start quotes the image too, and may still be fading out beside the error.
    const messages = window.notification("[look]");
    await messages.first().waitFor({ timeout: 60_000 });
    await messages.filter({ hasText: "Show Logs" }).waitFor({ timeout: 60_000 });
    assert.equal(await messages.locator(".notification-list-item-message a").count(), 0);
    await window.close();
  });

  test("with several folders the window asks which one, and names it", async () => {
    const folders = ["api", "web"].map((name) =>
      workbench.folder(name, { "airlock.toml": "[vm]\ncpus = 0\n" }),
    );
    const file = join(folders[0] ?? "", "..", "both.code-workspace");
    writeFileSync(file, JSON.stringify({ folders: folders.map((path) => ({ path })) }));
    window = await workbench.open(file);
    await shows(window, /Airlock \(api\): stopped/);
    await window.command("Airlock: Start Sandbox");
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "web" }).click();
    await window.notification(/airlock\.toml:2/).waitFor();
    await shows(window, /Airlock \(api\): stopped/);
    await window.close();
  });

  test("the buttons above a file are about its own folder, and the panel goes with the folder", async () => {
    const broken = { "airlock.toml": "[vm]\ncpus = 0\n" };
    const folders = [
      workbench.folder("one", broken),
      workbench.folder("two", { ...broken, "below/airlock.yaml": "vm:\n  cpus: 1\n" }),
    ];
    const file = join(folders[0] ?? "", "..", "pair.code-workspace");
    writeFileSync(file, JSON.stringify({ folders: folders.map((path) => ({ path })) }));
    window = await workbench.open(file);
    await shows(window, /Airlock \(one\): stopped/);
    const editor = new Editor(window);
    await editor.open(join(folders[1] ?? "", "below/airlock.yaml"), { line: 1, column: 1 }, "vm:");
    await shows(window, /Airlock \(two\): stopped/);
    const button = (title: string) =>
      window.page.locator(`.editor-actions [aria-label^="${title}"]`);
    assert.equal(await button("Start Sandbox").count(), 0, "that is another sandbox");
    await editor.open(join(folders[1] ?? "", "airlock.toml"), { line: 1, column: 1 }, "cpus");
    await button("Start Sandbox").click();
    await shows(window, /Airlock \(two\): failed/);
    await button("Open Panel").click();
    const tab = window.page.locator(".tabs-container .tab").filter({ hasText: "Sandbox: two" });
    await tab.waitFor();
    await window.command("Workspaces: Remove Folder from Workspace...");
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "two" }).click();
    await tab.waitFor({ state: "detached" });
    await window.close();
  });

  test("Doctor says what this machine has", async () => {
    window = await workbench.open(workbench.folder("doctor", { "readme.txt": "" }));
    await window.command("Airlock: Doctor");
    await until("the report", async () => /QEMU/.test(await editorText(window)));
    await window.close();
  });

  test("Prune Images says when no image is unused", async () => {
    window = await workbench.open(workbench.folder("prune", { "readme.txt": "" }));
    await window.command("Airlock: Prune Images…");
    await window.notification("There is nothing to prune").waitFor();
    await window.close();
  });

  test("the airlock command is on the PATH of ordinary terminals", async () => {
    window = await workbench.open(
      workbench.folder("path", { "airlock.toml": "[vm]\n", "readme.txt": "" }),
    );
    await shows(window, /stopped/);
    await window.command("Terminal: Create New Terminal");
    await prompt(window);
    await window.typeInTerminal("airlock --version");
    await until("the version", async () => /airlock 0\.|^0\.1/m.test(await window.terminalText()));
    await window.close();
  });
});

describe("a workspace that is not trusted", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  photographFailures(() => window);
  before(async () => {
    workbench = await startWorkbench({
      "security.workspace.trust.enabled": true,
      "security.workspace.trust.startupPrompt": "never",
    });
  });
  after(async () => {
    await workbench?.dispose();
  });

  test("can be looked at, but starts nothing", async () => {
    const folder = workbench.folder("stranger", { "airlock.toml": "[vm]\n" });
    window = await workbench.open(folder);
    await shows(window, /stopped/);
    await window.command("Airlock: Start Sandbox");
    await window.notification("starts nothing in a workspace that is not trusted").waitFor();
    assert.ok(!existsSync(join(folder, ".airlock")));
    await window.command("Airlock: Open Panel");
    await window.webview.getByRole("heading", { name: "This workspace is not trusted" }).waitFor();
    assert.equal(await window.webview.getByRole("button", { name: "Start Sandbox" }).count(), 0);
  });
});

async function editorText({ page }: Window): Promise<string> {
  const text = await page.locator(".editor-instance .view-lines").allTextContents();
  return text.join("\n").replaceAll("\u00a0", " ");
}
