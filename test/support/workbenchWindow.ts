import { join } from "node:path";
import type { Browser, FrameLocator, Locator, Page } from "playwright-core";

const slowMs = 60_000;

/** One window of the workbench, with the gestures that the tests need. */
export type Window = {
  page: Page;
  /** Runs a command from the palette by its title, such as `Airlock: Start Sandbox`. */
  command(title: string): Promise<void>;
  /** The titles that the palette offers for a text. */
  offered(text: string): Promise<string[]>;
  statusBar: Locator;
  /** What is on the screen of the terminal in view. */
  terminalText(): Promise<string>;
  typeInTerminal(line: string): Promise<void>;
  /** The inside of the webview in view. */
  webview: FrameLocator;
  notification(text: string | RegExp): Locator;
  pressDialogButton(label: string): Promise<void>;
  /** Reloads the window as its user would, so that it keeps its editors and terminals. */
  reload(): Promise<void>;
  /** Loads the page again without a word to the workbench, as after a crash. */
  reopen(): Promise<void>;
  /** Keeps a picture of the window under a name, when AIRLOCK_SCREENSHOTS says where. */
  photograph(name: string): Promise<void>;
  close(): Promise<void>;
};

export async function windowAt(at: {
  browser: Browser;
  port: number;
  path: string;
}): Promise<Window> {
  const page = await at.browser.newPage({ viewport: { width: 1280, height: 900 } });
  // The usual half minute is not enough for everything on a busy computer.
  page.setDefaultTimeout(slowMs);
  const kind = at.path.endsWith(".code-workspace") ? "workspace" : "folder";
  await page.goto(`http://127.0.0.1:${at.port}/?${kind}=${encodeURIComponent(at.path)}`);
  await ready(page);
  return {
    page,
    command: (title) => command(page, title),
    offered: (text) => offered(page, text),
    statusBar: page.locator("#airlock\\.airlock\\.airlock\\.status"),
    terminalText: () => terminalText(page),
    typeInTerminal: (line) => typeInTerminal(page, line),
    webview: page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame"),
    notification: (text) => page.locator(".notification-toast").filter({ hasText: text }),
    pressDialogButton: (label) =>
      page
        .locator(".monaco-dialog-box .monaco-button")
        .filter({ hasText: label })
        .click({ timeout: slowMs }),
    reload: async () => {
      const loaded = page.waitForEvent("load", { timeout: slowMs });
      await command(page, "Developer: Reload Window");
      await loaded;
      await ready(page);
    },
    reopen: async () => {
      await page.reload();
      await ready(page);
    },
    photograph: (name) => photograph(page, name),
    close: () => page.close(),
  };
}

/** A window opens within ten seconds, a busy computer included, or it stays empty. */
const openMs = 25_000;

/** A window of the workbench now and then stays empty on a busy computer, so it is loaded once more. */
async function ready(page: Page): Promise<void> {
  try {
    await listsFiles(page, openMs);
  } catch {
    await photograph(page, "a window that did not open");
    await page.reload();
    await listsFiles(page, slowMs);
  }
}

async function listsFiles(page: Page, timeout: number): Promise<void> {
  await page.waitForSelector(".monaco-workbench", { timeout });
  await page.waitForSelector(".explorer-folders-view .monaco-list-row", { timeout });
}

async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env.AIRLOCK_SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** The key is pressed again where it went astray, such as into a view that was just closing. */
async function fillPalette(page: Page, text: string): Promise<Locator> {
  const input = page.locator(".quick-input-widget input.input");
  const deadline = performance.now() + slowMs;
  for (;;) {
    await page.keyboard.press("F1");
    try {
      await input.fill(`>${text}`, { timeout: 5_000 });
      return page.locator(".quick-input-list .monaco-list-row");
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await page.keyboard.press("Escape");
    }
  }
}

/** The palette lists what made sense when it was opened, so it is opened again until it has the title. */
async function command(page: Page, title: string): Promise<void> {
  const deadline = performance.now() + slowMs;
  for (;;) {
    const rows = await fillPalette(page, title);
    const row = rows.filter({ has: page.getByText(title, { exact: true }) }).first();
    try {
      return await row.click({ timeout: 5_000 });
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await page.keyboard.press("Escape");
    }
  }
}

async function offered(page: Page, text: string): Promise<string[]> {
  const rows = await fillPalette(page, text);
  await rows.first().waitFor({ timeout: slowMs });
  const titles = await rows.locator(".monaco-icon-label-container .label-name").allInnerTexts();
  await page.keyboard.press("Escape");
  return titles;
}

async function terminalText(page: Page): Promise<string> {
  const rows = page.locator(".terminal-wrapper.active .xterm-rows > div");
  const lines = await rows.allInnerTexts();
  return lines.join("\n").replaceAll("\u00a0", " ");
}

async function typeInTerminal(page: Page, line: string): Promise<void> {
  await page.locator(".terminal-wrapper.active .xterm-helper-textarea").focus();
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}
