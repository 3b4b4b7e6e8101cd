import { mkdir } from 'node:fs/promises';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { fromRoot } from '../setup/build.ts';

/** What a user does in VS Code, in a user's words. */
export class Workbench {
  readonly page: Page;
  #pictures = 0;

  constructor(page: Page) {
    this.page = page;
    // Every wait ends, with the name of what did not appear.
    page.setDefaultTimeout(20_000);
  }

  /** Opens the view container of the extension. */
  async openStrata(): Promise<void> {
    await this.page.locator('.activitybar a[aria-label^="Strata"]').click();
    await this.page.locator('.pane-header', { hasText: 'Machines' }).waitFor();
  }

  /** Runs a command by its title in the palette. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget .quick-input-filter input');
    await input.fill(`>${title}`);
    await this.#row(title).click();
  }

  /** Picks an entry of the list that is open. */
  async pick(text: string): Promise<void> {
    await this.#row(text).click();
  }

  /** Types into the box whose title holds this text, and accepts. An undefined value accepts what is there. */
  async answer(title: string, value?: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget', { hasText: title });
    const input = widget.locator('.quick-input-filter input, .quick-input-box input').first();
    await widget.waitFor();
    if (value !== undefined) await input.fill(value);
    await input.press('Enter');
  }

  /** Presses a button of the modal dialog. */
  async confirm(button: string, text: string): Promise<void> {
    const dialog = this.page.locator('.monaco-dialog-box', { hasText: text });
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  /** A line of one of the extension's views. */
  item(view: string, text: string | RegExp): Locator {
    const pane = this.page.locator('.pane', { has: this.page.locator('.pane-header', { hasText: view }) });
    return pane.locator('[role="treeitem"]', { hasText: text });
  }

  /** The document inside of the webview that is open. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  /** Keeps a picture of the editor in test-output/. */
  async picture(name: string): Promise<string> {
    const directory = fromRoot('test-output', 'e2e');
    await mkdir(directory, { recursive: true });
    this.#pictures += 1;
    const path = `${directory}/${String(this.#pictures).padStart(2, '0')}-${name}.png`;
    await this.page.screenshot({ path });
    return path;
  }

  #row(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }
}
