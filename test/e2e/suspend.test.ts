import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { photographFailures } from "../support/photographs.ts";
import { prompt, shows } from "../support/waits.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import { sandboxProcesses } from "../support/workbenchProcesses.ts";
import type { Window } from "../support/workbenchWindow.ts";

/** Emulated machines on a busy computer need long. */
const slowMs = 120_000;
const config = '[vm]\nimage = "embedded:base"\ncpus = 1\nmemory = "512 MB"\n';

describe("a sandbox that is suspended from its window", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  let folder: string;

  before(async () => {
    workbench = await startWorkbench();
    folder = workbench.folder("sleeper", { "airlock.toml": config });
    window = await workbench.open(folder);
    await shows(window, /stopped/);
  });
  photographFailures(() => window);
  after(async () => {
    await workbench?.dispose();
  });

  test("asks before it ends the terminal, and says that it is suspended", async () => {
    await window.command("Airlock: Open Terminal");
    await prompt(window);
    await window.typeInTerminal(
      "setsid sh -c 'while :; do echo x >> /tmp/count; sleep 0.2; done' >/dev/null 2>&1 & echo go$((1+1))",
    );
    await until("the counter", async () => /^go2/m.test(await window.terminalText()));
    await window.command("Airlock: Suspend Sandbox");
    await window.pressDialogButton("Suspend");
    await shows(window, /suspended/);
    await until("no process is left", () => sandboxProcesses(folder).length === 0, 20_000);
    assert.ok(saved(folder));
    assert.equal(await window.notification("terminated").count(), 0);
  });

  test("is still suspended in the eyes of a window that is opened later", async () => {
    await window.reopen();
    await shows(window, /suspended/);
  });

  test("asks when the configuration has changed, and stays suspended without an answer", async () => {
    writeFileSync(join(folder, "airlock.toml"), `${config}[env]\nNEW = "1"\n`);
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Cancel");
    await shows(window, /suspended/);
  });

  test("goes on with its programs when the user says so", async () => {
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Resume As It Was");
    await shows(window, /embedded:base/, slowMs);
    await window.command("Airlock: Open Terminal");
    await prompt(window);
    await window.typeInTerminal(
      "a=$(wc -l < /tmp/count); sleep 1; b=$(wc -l < /tmp/count); [ $b -gt $a ] && echo alive$((1+1))",
    );
    await until("the counter counts", async () => /^alive2/m.test(await window.terminalText()));
    assert.ok(!saved(folder));
  });

  test("is suspended from the panel, which says since when and throws the programs away on request", async () => {
    await window.command("Airlock: Open Panel");
    const press = (name: string) =>
      window.webview.getByRole("button", { name, exact: true }).click({ timeout: slowMs });
    await press("Suspend");
    await window.pressDialogButton("Suspend");
    await window.webview.locator(".pill.suspended").waitFor({ timeout: slowMs });
    await window.webview.getByText(/Saved with its programs .* on the disk/).waitFor();
    await window.photograph("the panel of a suspended sandbox");
    await press("Discard Saved Programs…");
    await window.pressDialogButton("Discard");
    await shows(window, /stopped/);
    assert.ok(!saved(folder));
    assert.ok(existsSync(join(folder, ".airlock", "sandbox", "disk.img")), "the disk is kept");
  });
});

function saved(folder: string): boolean {
  const directory = join(folder, ".airlock", "sandbox");
  if (!existsSync(directory)) return false;
  return readdirSync(directory).some((name) => name.startsWith("suspended-"));
}
