import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { call, cloud } from '../support/cloud.js';
import { DemoPage } from '../support/demo-page.js';

jest.setTimeout(90_000);

let browser: Browser;
let demo: DemoPage;

// All tests use one page. Each test has its own conversations and texts.
beforeAll(async () => {
  browser = await launchBrowser();
  demo = await DemoPage.open(browser);
});
afterAll(() => browser?.close());

test('a message from the phone appears on the tablet, and its ticks show its progress', async () => {
  const { phone, tablet, page } = demo;
  await phone.open('maya');
  await tablet.open('maya');
  await phone.write('On the train now');
  await expect(tablet.bubble('On the train now').waitFor()).resolves.toBeUndefined();
  await expect(
    phone.bubble('On the train now').locator('[data-state="sent"]').waitFor(),
  ).resolves.toBeUndefined();

  for (const [button, state] of [
    ['Delivered', 'delivered'],
    ['Displayed', 'displayed'],
  ]) {
    await expect(page.locator('#network').getByText('On the train now').waitFor()).resolves.toBeUndefined();
    await page.locator('#network').getByRole('button', { name: button }).click();
    for (const pane of [phone, tablet])
      await expect(
        pane.bubble('On the train now').locator(`[data-state="${state}"]`).waitFor(),
      ).resolves.toBeUndefined();
  }
});

test('a conversation is read on both devices when one device opens it', async () => {
  const { phone, tablet } = demo;
  await expect(tablet.conversation('priya').locator('.unread').waitFor()).resolves.toBeUndefined();
  await phone.open('priya');
  await expect(
    tablet.conversation('priya').locator('.unread').waitFor({ state: 'detached' }),
  ).resolves.toBeUndefined();
});

test('reply, flag, delete and move on one device are seen on the other', async () => {
  const { phone, tablet, page } = demo;
  await phone.open('garden');
  await tablet.open('garden');
  await phone.act('Reply', 'The tomatoes are taking over');
  await phone.write('Save some for Maya');
  await expect(
    tablet.bubble('Save some for Maya').locator('.quote', { hasText: 'tomatoes' }).waitFor(),
  ).resolves.toBeUndefined();
  await tablet
    .bubble('The tomatoes are taking over')
    .getByRole('img', { name: 'answered' })
    .first()
    .waitFor();

  await tablet.act('Flag', 'Two bags, one pie');
  await expect(
    phone.bubble('Two bags, one pie').getByRole('img', { name: 'flagged' }).waitFor(),
  ).resolves.toBeUndefined();

  await tablet.act('Delete', 'I can do Saturday as well');
  await expect(
    phone.bubble('I can do Saturday as well').waitFor({ state: 'detached' }),
  ).resolves.toBeUndefined();

  await phone.root.getByLabel('Folder of this conversation').selectOption('Work');
  await tablet.root.getByRole('button', { name: 'Work', exact: true }).click();
  await expect(tablet.conversation('garden').waitFor()).resolves.toBeUndefined();
  await tablet.root.getByRole('button', { name: 'All', exact: true }).click();
  expect(await page.locator('#network .notice').count()).toBe(0);
});

test('messages written offline on both devices are kept, sent when the devices are back, and in one order on both', async () => {
  const { phone, tablet } = demo;
  await phone.open('bakery');
  await tablet.open('bakery');
  await phone.switchNetwork();
  await tablet.switchNetwork();
  await phone.write('From the phone, offline');
  await tablet.write('From the tablet, offline');
  for (const pane of [phone, tablet]) {
    await expect(pane.root.getByText('Offline', { exact: true }).waitFor()).resolves.toBeUndefined();
    await expect(pane.root.getByText(/change.? waiting to be sent/).waitFor()).resolves.toBeUndefined();
  }
  expect(await tablet.bubble('From the phone, offline').count()).toBe(0);
  expect(await phone.bubble('From the tablet, offline').count()).toBe(0);

  await phone.switchNetwork();
  await tablet.switchNetwork();
  await expect(phone.bubble('From the tablet, offline').waitFor()).resolves.toBeUndefined();
  await expect(tablet.bubble('From the phone, offline').waitFor()).resolves.toBeUndefined();
  for (const pane of [phone, tablet])
    await expect(
      pane.root.getByText(/waiting to be sent/).waitFor({ state: 'detached' }),
    ).resolves.toBeUndefined();
  const texts = await phone.texts();
  expect(texts.slice(-2).sort()).toEqual(['From the phone, offline', 'From the tablet, offline']);
  expect(await tablet.texts()).toEqual(texts);
});

test('a burst of 200 is one page for a device that comes back, and few pages for a connected one; the page shows this', async () => {
  const { phone, tablet, page } = demo;
  await tablet.switchNetwork();
  await page.getByRole('button', { name: 'Burst of 200' }).click();
  const ofPhone = page.locator('[data-burst="phone"]');
  const ofTablet = page.locator('[data-burst="tablet"]');
  await expect(page.locator('[data-burst="phone"][data-arrived="200"]').waitFor()).resolves.toBeUndefined();
  expect(await ofTablet.innerText()).toContain('offline');
  await expect(
    page.locator('[data-operator-device="tablet"] [data-lag]:not([data-lag="0"])').waitFor(),
  ).resolves.toBeUndefined();

  await tablet.switchNetwork();
  await expect(page.locator('[data-burst="tablet"][data-arrived="200"]').waitFor()).resolves.toBeUndefined();
  expect(await ofTablet.innerText()).toMatch(/ 1 synchronization, one page each, .* all here/);
  const [, requests, seconds] =
    /(\d+) synchronizations?, one page each, .* after ([\d.]+) m?s/.exec(await ofPhone.innerText()) ?? [];
  // The device gets at most one request a second, and the first at once. That is far less than one for each
  // message, even on a slow machine.
  expect(Number(requests)).toBeLessThanOrEqual(2 + Math.ceil(Number(seconds)));
  for (const pane of [phone, tablet]) {
    await pane.list();
    await expect(pane.conversation('race-day').getByText('200').waitFor()).resolves.toBeUndefined();
  }
});

test('an entry of the wire shows its JSON when it is clicked, and Escape closes it', async () => {
  const { page, wire } = demo;
  const frame = wire.filter({ hasText: 'Synchronization request' }).first();
  await frame.click();
  expect(JSON.parse(await page.locator('dialog pre').innerText())).toMatchObject({ type: 'syncRequest' });
  await page.keyboard.press('Escape');
  await expect(page.locator('dialog').waitFor({ state: 'detached' })).resolves.toBeUndefined();
  await wire
    .filter({ hasText: /messages/ })
    .filter({ hasNotText: 'request' })
    .first()
    .click();
  const [request, response] = await page.locator('dialog pre').allInnerTexts();
  expect(JSON.parse(request ?? '')).toMatchObject({ deviceId: expect.stringMatching(/phone|tablet/) });
  expect(JSON.parse(response ?? '')).toMatchObject({ syncToken: expect.any(String) });
  await page.keyboard.press('Escape');
});

test('a folder leaves the tablet when it leaves the scope, and comes back with its messages', async () => {
  const { phone, tablet } = demo;
  await phone.list();
  const settings = await tablet.settings();
  await settings.getByRole('checkbox', { name: 'Updates' }).click();
  await expect(tablet.conversation('weather').waitFor({ state: 'detached' })).resolves.toBeUndefined();
  await expect(phone.conversation('weather').waitFor()).resolves.toBeUndefined();

  await settings.getByRole('checkbox', { name: 'Updates' }).click();
  await expect(tablet.conversation('weather').getByText('Good morning!').waitFor()).resolves.toBeUndefined();
  await settings.getByRole('button', { name: 'Done' }).click();
});

test('with a lower age the tablet holds fewer messages, and without one all of them again', async () => {
  const { tablet } = demo;
  const search = tablet.root.getByLabel('Search the messages of this device');
  const found = async (words: string): Promise<number> => {
    await search.fill('');
    await search.fill(words);
    const status = tablet.root.locator('.results [role=status]');
    await expect(status.waitFor()).resolves.toBeUndefined();
    const count = Number.parseInt(await status.innerText(), 10);
    await search.fill('');
    return count;
  };
  /** The new scope is in force from the next response on. */
  const finds = async (count: number): Promise<void> => {
    const deadline = Date.now() + 15_000;
    while ((await found('good morning')) !== count && Date.now() < deadline)
      await demo.page.waitForTimeout(100);
    expect(await found('good morning')).toBe(count);
  };
  await finds(180);
  const settings = await tablet.settings();
  await settings.getByLabel('Keeps messages').selectOption('of the last week');
  await finds(7);
  await settings.getByLabel('Keeps messages').selectOption('all');
  await finds(180);
  await settings.getByRole('button', { name: 'Done' }).click();
});

test('a group session appears on both devices, with each change of the state of the group', async () => {
  const { phone, tablet, page } = demo;
  const panel = page.locator('#network');
  await panel.getByRole('button', { name: 'Start', exact: true }).click();
  await phone.open('weekend');
  await tablet.open('weekend');
  for (const pane of [phone, tablet])
    await expect(pane.root.getByText('closed group of 3').waitFor()).resolves.toBeUndefined();
  await panel.getByRole('button', { name: 'Amara joins' }).click();
  for (const pane of [phone, tablet])
    await expect(pane.root.getByText('closed group of 4').waitFor()).resolves.toBeUndefined();
  await panel.getByRole('button', { name: 'End it' }).click();
  for (const pane of [phone, tablet])
    await expect(pane.root.getByText(/started by Maya .* ended at/).waitFor()).resolves.toBeUndefined();
});

test('after a reload both devices continue from their stored state', async () => {
  const { page, phone, tablet } = demo;
  demo.requests.length = 0;
  await page.reload();
  await demo.ready();
  await phone.open('bakery');
  await tablet.open('bakery');
  await expect(phone.bubble('From the tablet, offline').waitFor()).resolves.toBeUndefined();
  const bodies = demo.requests
    .filter((request) => new URL(request.url()).pathname === '/v1/sync')
    .map((request) => request.postDataJSON());
  expect(new Set(bodies.map(({ deviceId }) => deviceId))).toEqual(new Set(['phone', 'tablet']));
  expect(bodies.every(({ syncToken }) => typeof syncToken === 'string')).toBe(true);
});

test('a device that is emptied is filled again', async () => {
  const { phone } = demo;
  const settings = await phone.settings();
  await settings.getByRole('button', { name: 'Empty this device' }).click();
  await expect(settings.waitFor()).resolves.toBeUndefined();
  await expect(phone.root.getByText(/got 5 folders/).waitFor()).resolves.toBeUndefined();
  await phone.list();
  await expect(phone.conversation('maya').waitFor()).resolves.toBeUndefined();
});

test('the page calls only its own server, and forbids any other', async () => {
  const { headers } = await fetch(`${cloud.url}/`);
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
  const hosts = demo.requests.filter((request) => !request.url().startsWith('data:'));
  expect(new Set(hosts.map((request) => new URL(request.url()).host))).toEqual(
    new Set([new URL(cloud.url).host]),
  );
  expect(demo.complaints).toEqual([]);
});

/** Violations that axe-core reports for the page, or for a part of it. */
async function violations(part = 'body'): Promise<string[]> {
  await demo.page.evaluate(axe.source);
  const options = JSON.stringify({ resultTypes: ['violations'], preload: false });
  const { violations } = await demo.page.evaluate<axe.AxeResults>(`axe.run('${part}', ${options})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')} ${failureSummary}`),
  );
}

test.each(['light', 'dark'] as const)('axe-core finds no violation at 1440 px, %s', async (colorScheme) => {
  const { page, phone, tablet, wire } = demo;
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme });
  await phone.settings();
  await tablet.open('garden');
  await expect(tablet.bubble('Save some for Maya').waitFor()).resolves.toBeUndefined();
  expect(await violations()).toEqual([]);
  await wire.first().click();
  await expect(page.locator('dialog pre').first().waitFor()).resolves.toBeUndefined();
  expect(await violations('dialog')).toEqual([]);
  await page.keyboard.press('Escape');
});

test.each(['light', 'dark'] as const)('axe-core finds no violation at 360 px, %s', async (colorScheme) => {
  const { page, phone } = demo;
  await page.setViewportSize({ width: 360, height: 740 });
  await page.emulateMedia({ colorScheme });
  for (const part of ['Phone', 'Network', 'Wire', 'Tablet', 'Operator'] as const) {
    await demo.show(part);
    expect(await violations()).toEqual([]);
    const widest = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect([part, widest]).toEqual([part, 360]);
  }
  await demo.show('Phone');
  expect(await phone.root.isVisible()).toBe(true);
  expect(await page.locator('#tablet').isVisible()).toBe(false);
});

test('the local cloud shows how many messages wait in each queue, and accepts no message there', async () => {
  const { status, body } = await call<Record<string, object>>('GET', '/dev/queues');
  expect(status).toBe(200);
  const [name = ''] = Object.keys(body).filter((each) => each.includes('PushesQueue'));
  expect(body[name]).toEqual({
    visible: expect.any(Number),
    inFlight: expect.any(Number),
    delayed: expect.any(Number),
  });
  expect((await call('POST', '/dev/queues')).status).toBe(405);
  expect((await call('POST', '/')).status).toBe(405);
});
