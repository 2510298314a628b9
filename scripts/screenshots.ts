// npm run screenshots takes pictures of the demo page, after a few actions of a visitor, and writes them to
// docs/images.
import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../test/support/browser.js';
import { startCloud } from '../test/support/cloud-process.mjs';

const FOLDER = 'docs/images';
const WIDE = { width: 1440, height: 960 };
const NARROW = { width: 360, height: 740 };
const SCHEMES = ['light', 'dark'] as const;

/** Does the first actions of a visitor. */
async function tryThings(page: Page): Promise<void> {
  const [phone, tablet] = [page.locator('#phone'), page.locator('#tablet')];
  for (const device of [phone, tablet]) await device.locator('.status[data-tone="good"]').waitFor();
  await tablet.locator('[data-conversation="garden"]').click();
  await tablet.getByLabel('Message from the tablet').fill('Then I take Sunday. Pie included!');
  await tablet.getByRole('button', { name: 'Send' }).click();
  await phone.getByText('You: Then I take Sunday. Pie included!').waitFor();
  await page.locator('#network').getByText('Then I take Sunday').waitFor();
  await page.getByRole('button', { name: 'Displayed', exact: true }).click();
  await tablet.locator('.message [data-state="displayed"]').nth(1).waitFor();
  await page.getByRole('button', { name: 'Burst of 200' }).click();
  for (const id of ['phone', 'tablet'])
    await page.locator(`[data-burst="${id}"][data-arrived="200"]`).waitFor();
  await page.waitForTimeout(1500); // the operator's view follows
}

async function take(page: Page, name: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    const path = `${FOLDER}/${name}-${colorScheme}.png`;
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
    console.log(path);
  }
}

await mkdir(FOLDER, { recursive: true });
const { facts, stop } = await startCloud();
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: WIDE });
  await page.goto(`${facts.url}/?user=tel:%2B15550100`);
  await tryThings(page);
  await page.mouse.move(0, 0);
  await take(page, 'demo-1440');
  await page.setViewportSize(NARROW);
  await page.locator('#phone [data-conversation="garden"]').click();
  await page.locator('#phone .message').last().waitFor();
  await page.mouse.move(0, 0);
  await take(page, 'demo-360-phone');
  await page.locator('.views').getByRole('button', { name: 'Wire' }).click();
  await take(page, 'demo-360-wire');
} finally {
  await browser.close();
  await stop();
}
