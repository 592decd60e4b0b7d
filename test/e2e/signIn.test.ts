import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { photographFailures } from "../support/photographs.ts";
import {
  alice,
  registrySkipReason,
  startRegistry,
  type TestRegistry,
} from "../support/registry.ts";
import { shows } from "../support/waits.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

const slowMs = 120_000;
const embedded = join(import.meta.dirname, "../../dist/images/base");

describe("a registry that asks who pulls", { skip: noWorkbench || registrySkipReason() }, () => {
  let registry: TestRegistry;
  let workbench: Workbench;
  let window: Window;
  let folder: string;
  before(async () => {
    registry = await startRegistry({ passwords: true });
    await registry.push(embedded, "base", "team/base:1");
    workbench = await startWorkbench();
    const image = `{ name = "${registry.host}/team/base:1", resolution = "registry", insecure = true }`;
    folder = workbench.folder("private", {
      "airlock.toml": `[vm]\nimage = ${image}\ncpus = 1\nmemory = "512 MB"\n`,
    });
    window = await workbench.open(folder);
  });
  photographFailures(() => window);
  after(async () => {
    await workbench?.dispose();
    await registry?.stop();
  });

  test("is not pulled from when the user gives up", async () => {
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Approve and Start");
    await asked(window, /requires authentication/);
    await window.page.keyboard.press("Escape");
    await shows(window, /stopped/);
  });

  test("is asked for until it is content, and the password is not seen", async () => {
    await window.command("Airlock: Start Sandbox");
    await answer(window, /requires authentication/, "wrong-word");
    await answer(window, /refused the sign-in/, alice.password);
    await shows(window, /team\/base:1/, slowMs);
  });

  test("is remembered when the user wants that, so that nothing is asked again", async () => {
    await window
      .notification("Remember the sign-in")
      .getByText("Remember", { exact: true })
      .click();
    await window.command("Airlock: Stop Sandbox");
    await shows(window, /stopped/);
    await window.command("Airlock: Remove Sandbox…");
    await window.pressDialogButton("Remove");
    rmSync(join(workbench.home, ".cache/airlock/images"), { recursive: true });
    await window.command("Airlock: Start Sandbox");
    await shows(window, /team\/base:1/, slowMs);
    await window.command("Airlock: Stop Sandbox");
    await shows(window, /stopped/);
    const log = readFileSync(join(folder, ".airlock/airlock.log"), "utf8");
    assert.doesNotMatch(log, /s3cret|wrong-word/);
  });
});

async function asked({ page }: Window, why: RegExp): Promise<void> {
  await page.locator(".quick-input-widget").getByText(why).waitFor({ timeout: slowMs });
}

async function answer(window: Window, why: RegExp, password: string): Promise<void> {
  await asked(window, why);
  const { page } = window;
  const input = page.locator(".quick-input-widget input");
  await input.fill(alice.name);
  await input.press("Enter");
  await page.locator('.quick-input-widget input[type="password"]').waitFor();
  await input.fill(password);
  assert.doesNotMatch((await page.locator("body").textContent()) ?? "", new RegExp(password));
  await input.press("Enter");
  await until(
    "the end of the question",
    async () => !(await page.locator('.quick-input-widget input[type="password"]').isVisible()),
  );
}
