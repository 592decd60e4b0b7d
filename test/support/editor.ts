import { basename } from "node:path";
import type { Locator } from "playwright-core";
import { until } from "./workbench.ts";
import type { Window } from "./workbenchWindow.ts";

const slowMs = 60_000;

/** Line and column as the status bar counts them: from 1. */
export type Place = { line: number; column: number };

/** The text editor in view, with the gestures of somebody who writes a configuration. */
export class Editor {
  /** Places that are underlined as doubtful. */
  readonly warnings: Locator;
  private readonly window: Window;

  constructor(window: Window) {
    this.window = window;
    this.warnings = window.page.locator(".squiggly-warning");
  }

  /** Opens a file by its whole path; `content` is something that only this file has. */
  async open(path: string, place: Place, content: string): Promise<void> {
    // Until the list follows the path it has the files opened before, and the click hits one of them.
    const isOpen = async () => {
      await this.pick(path);
      return this.shows(new RegExp(content), 5_000).then(
        () => true,
        () => false,
      );
    };
    await until(`${path} in the editor`, isOpen, slowMs);
    await this.goTo(place);
  }

  private async pick(path: string): Promise<void> {
    const { page } = this.window;
    const rows = page.locator(".quick-input-list .monaco-list-row");
    await page.keyboard.press("Control+P");
    await page.locator(".quick-input-widget input.input").fill(path, { timeout: slowMs });
    await rows
      .filter({ hasText: basename(path) })
      .first()
      .click({ timeout: slowMs });
  }

  async goTo({ line, column }: Place): Promise<void> {
    const { page } = this.window;
    const input = page.locator(".quick-input-widget input.input");
    await page.keyboard.press("Control+G");
    await input.fill(`:${line}:${column}`, { timeout: slowMs });
    await page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden", timeout: slowMs });
    const selection = page.locator("#status\\.editor\\.selection");
    await selection.filter({ hasText: `Ln ${line}, Col ${column}` }).waitFor({ timeout: slowMs });
  }

  async text(): Promise<string> {
    const lines = this.window.page.locator(".editor-instance .view-lines > .view-line");
    const texts = await lines.evaluateAll((all) =>
      all
        .map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? "" }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text),
    );
    return texts.join("\n").replaceAll("\u00a0", " ");
  }

  /** Waits until the text in view matches. */
  async shows(pattern: RegExp, withinMs = slowMs): Promise<void> {
    await until(`${pattern} in the editor`, async () => pattern.test(await this.text()), withinMs);
  }

  async type(text: string): Promise<void> {
    await this.window.page.keyboard.type(text);
  }

  /** Asks what can stand at the cursor, types, and accepts a proposal. */
  async complete(label: string, typed = ""): Promise<void> {
    const { page } = this.window;
    await page.keyboard.press("Control+Space");
    await page
      .locator(".suggest-widget.visible .monaco-list-row")
      .first()
      .waitFor({ timeout: slowMs });
    await page.keyboard.type(typed);
    const row = page.locator(".suggest-widget.visible .monaco-list-row.focused");
    await row.filter({ hasText: label }).waitFor({ timeout: slowMs });
    await page.keyboard.press("Enter");
  }

  /** Colour of the first piece of text in view that is exactly this one; undefined without one. */
  async colour(text: string): Promise<string | undefined> {
    const pieces = this.window.page.locator(".editor-instance .view-line > span > span");
    return pieces.evaluateAll((all, wanted) => {
      const piece = all.find((each) => each.textContent?.replaceAll("\u00a0", " ") === wanted);
      return piece === undefined ? undefined : getComputedStyle(piece).color;
    }, text);
  }

  /** What is proposed at the cursor, as labels. */
  async proposals(): Promise<string[]> {
    const { page } = this.window;
    await page.keyboard.press("Control+Space");
    const rows = page.locator(".suggest-widget.visible .monaco-list-row");
    await rows.first().waitFor({ timeout: slowMs });
    const labels = await rows.locator(".label-name").allInnerTexts();
    await page.keyboard.press("Escape");
    return labels;
  }

  /** Lenses that tell something and do nothing. */
  fact(text: string): Locator {
    return this.window.page.locator(".codelens-decoration").filter({ hasText: text });
  }

  lens(title: string): Locator {
    return this.window.page.locator(".codelens-decoration a").filter({ hasText: title });
  }

  /** Applies the quick fix for what is underlined at the cursor. */
  async fix(title: RegExp): Promise<void> {
    const { page } = this.window;
    const action = page.locator(".action-widget .monaco-list-row").filter({ hasText: title });
    // The list has what was known when it was opened, so it is opened again until it has the fix.
    const isApplied = async () => {
      await page.keyboard.press("Control+.");
      return action
        .first()
        .click({ timeout: 5_000 })
        .then(
          () => true,
          async () => {
            await page.keyboard.press("Escape");
            return false;
          },
        );
    };
    await until(`the fix ${title}`, isApplied, slowMs);
  }

  /** What is shown about the place of the cursor. */
  async hover(): Promise<string> {
    await this.window.command("Show or Focus Hover");
    const hover = this.window.page.locator(".monaco-editor .monaco-hover:not(.hidden)");
    await hover.first().waitFor({ timeout: slowMs });
    const [text = ""] = await hover.allInnerTexts();
    return text;
  }

  /** Renames what is at the cursor, once the editor offers its old name to change. */
  async rename(from: string, to: string): Promise<void> {
    const { page } = this.window;
    await page.keyboard.press("F2");
    const input = page.locator(".rename-box input.rename-input");
    await until(
      `${from} to rename`,
      async () => (await input.isVisible()) && (await input.inputValue()) === from,
      slowMs,
    );
    await input.fill(to, { timeout: slowMs });
    await input.press("Enter");
  }
}
