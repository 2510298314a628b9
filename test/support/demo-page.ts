import type { Browser, Locator, Page, Request } from 'playwright-core';
import { cloud } from './cloud.js';

const WITHIN_MS = 20_000;

/** A pane of the demo page, driven as a person does. */
export class Pane {
  readonly root: Locator;

  constructor(
    readonly page: Page,
    readonly id: 'phone' | 'tablet',
  ) {
    this.root = page.locator(`#${id}`);
  }

  conversation(id: string): Locator {
    return this.root.locator(`[data-conversation="${id}"]`);
  }

  /** Shows the list, if the pane is too narrow for it and a conversation. */
  async list(): Promise<void> {
    const back = this.root.getByRole('button', { name: 'Back to the list' });
    if (await back.isVisible()) await back.click();
  }

  async open(id: string): Promise<void> {
    await this.list();
    await this.conversation(id).click();
    await this.root.locator('.chat').waitFor();
  }

  bubble(text: string): Locator {
    return this.root.locator('.message', { has: this.page.locator('.text', { hasText: text }) });
  }

  async write(text: string): Promise<void> {
    await this.root.getByLabel(/^Message from the/).fill(text);
    await this.root.getByRole('button', { name: 'Send' }).click();
  }

  /** Uses the menu of a message: reply, flag, delete. */
  async act(action: 'Reply' | 'Flag' | 'Delete', text: string): Promise<void> {
    await this.bubble(text).hover();
    await this.bubble(text).getByRole('button', { name: action }).click();
  }

  async switchNetwork(): Promise<void> {
    await this.root.getByRole('switch', { name: 'Online' }).click();
  }

  async settings(): Promise<Locator> {
    const settings = this.root.locator('.settings');
    if (!(await settings.isVisible())) await this.root.getByRole('button', { name: 'Settings' }).click();
    await settings.getByText('Keeps these types').waitFor();
    return settings;
  }

  /** Texts of the messages that are shown, the oldest first. */
  texts(): Promise<string[]> {
    return this.root.locator('.message .text').allInnerTexts();
  }
}

/** The demo page in its own browser profile, so with its own user. */
export class DemoPage {
  readonly phone: Pane;
  readonly tablet: Pane;
  /** Errors that the page's console reports. */
  readonly complaints: string[] = [];
  readonly requests: Request[] = [];

  private constructor(readonly page: Page) {
    this.phone = new Pane(page, 'phone');
    this.tablet = new Pane(page, 'tablet');
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !isExpected(message.text())) this.complaints.push(message.text());
    });
    page.on('request', (request) => this.requests.push(request));
  }

  static async open(browser: Browser, url = cloud.url): Promise<DemoPage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(WITHIN_MS);
    const demo = new DemoPage(page);
    await page.goto(`${url}/`);
    await demo.ready();
    return demo;
  }

  /** Waits until both devices are live and show something. */
  async ready(): Promise<void> {
    for (const { root } of [this.phone, this.tablet]) {
      await root.locator('.status[data-tone="good"]').waitFor({ timeout: 40_000 });
      await root.locator('[data-conversation]').first().waitFor();
    }
  }

  get wire(): Locator {
    return this.page.locator('#timeline .entry');
  }

  /** Selects a part of the page, on a narrow screen. */
  async show(part: 'Phone' | 'Network' | 'Wire' | 'Tablet' | 'Operator'): Promise<void> {
    await this.page.locator('.views').getByRole('button', { name: part }).click();
  }
}

/**
 * Expected errors: a request for a box that does not exist yet, and requests of a part that is switched off.
 */
const isExpected = (text: string): boolean => text.includes('404 (Not Found)');
