import { build } from 'esbuild';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import type { AppWindow, PageOptions } from '../support/browser-page.js';
import { aMessage } from '../support/builders.js';
import { cloud, User } from '../support/cloud.js';
import { eventually } from '../support/eventually.js';

// Uses a real Chromium, IndexedDB and WebSocket, and the SDK as an application bundles it.

jest.setTimeout(180_000);

const MESSAGES = 240;
const PAGE_LIMIT = 20;
const ADDRESS = `${cloud.url}/an-application`; // same origin as the server, like an application behind one domain

declare const window: AppWindow;

let browser: Browser;
let script: string;
let context: BrowserContext;
let user: User;
let options: PageOptions;

beforeAll(async () => {
  browser = await launchBrowser();
  const { outputFiles } = await build({
    entryPoints: ['test/support/browser-page.ts'],
    bundle: true,
    minify: true,
    write: false,
  });
  script = outputFiles[0]?.text ?? '';
});
afterAll(() => browser?.close());

beforeEach(async () => {
  context = await browser.newContext();
  await context.route(ADDRESS, (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html><script>${script}</script>` }),
  );
  user = new User();
  const { url } = cloud;
  options = { url, deviceId: 'browser', token: await user.token(), database: user.id, pageLimit: PAGE_LIMIT };
});
afterEach(() => context.close());

const idOf = (i: number) => `m${String(i).padStart(4, '0')}`;

async function depositMany(): Promise<void> {
  const messages = Array.from({ length: MESSAGES }, (_, i) =>
    aMessage({ id: idOf(i), textContent: `Message ${i}` }),
  );
  while (messages.length > 0) await user.deposit(...messages.splice(0, 40));
}

/** A tab of the browser. Its client uses the store that all tabs share. */
async function aTab(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(ADDRESS);
  await openClient(page);
  return page;
}

const openClient = (page: Page) => page.evaluate((given) => window.openClient(given), options);

const start = (page: Page) => page.evaluate(() => window.client.start());

const idsIn = (page: Page): Promise<string[]> =>
  page.evaluate(async () =>
    (await window.client.messages('c1', { limit: 1000 })).items.map(({ message }) => message.id),
  );

const stateOf = (page: Page) => page.evaluate(() => window.client.status.state);

const write = (page: Page, textContent: string): Promise<string> =>
  page.evaluate(async (text) => {
    const work = { from: 'tel:+15550100', to: ['tel:+15550101'], textContent: text };
    const conversation = { kind: 'oneToOne' as const, participants: ['tel:+15550100', 'tel:+15550101'] };
    return (await window.client.createMessage('c1', work, { conversation })).id;
  }, textContent);

const isSync = (request: Request) => request.method() === 'POST' && request.url().endsWith('/v1/sync');

/** Ids of the messages on the server, as a new device receives them. */
async function idsOnServer(): Promise<string[]> {
  const { changes } = await (await user.device('another')).synchronize();
  return changes.flatMap(({ type, id, removed }) => (type === 'message' && !removed ? [id] : [])).sort();
}

test('[CL4, XO9] a page that reloads in the middle of a synchronization continues it: nothing is lost, doubled or left out', async () => {
  await depositMany();
  const requests: { syncToken?: string }[] = [];
  let answered = 0;
  await context.route('**/v1/sync', (route) => {
    requests.push(route.request().postDataJSON());
    if (requests.length <= answered) return route.continue();
  });
  const page = await aTab();
  const written: string[] = [];
  const counts: number[] = [];
  for (let load = 0; load < 4; load++) {
    written.push(await write(page, `written before load ${load}`));
    answered = requests.length + 2;
    await start(page);
    await eventually(() => expect(requests).toHaveLength(answered + 1)); // the last request is in progress
    counts.push((await idsIn(page)).length);
    await page.reload();
    await openClient(page);
    // All previous messages are shown at once, without the server.
    expect(await idsIn(page)).toHaveLength(counts.at(-1) as number);
  }
  answered = Number.POSITIVE_INFINITY;
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(counts.at(-1)).toBeLessThan(MESSAGES); // each reload was in the middle
  await start(page);
  await eventually(async () => expect(await stateOf(page)).toBe('live'), 60_000);

  const expected = [...Array.from({ length: MESSAGES }, (_, i) => idOf(i)), ...written].sort();
  const held = await idsIn(page);
  expect([...held].sort()).toEqual(expected);
  expect(await page.evaluate(() => window.client.pending())).toEqual([]);
  // Only the very first request had no token. Each later one continued from the stored state.
  expect(requests.filter(({ syncToken }) => syncToken === undefined)).toHaveLength(1);
  expect(await idsOnServer()).toEqual(expected);
});

test('two tabs share a store: one synchronizes, both read and write, and the other one takes over when the first closes', async () => {
  await user.deposit(aMessage({ id: 'm1', textContent: 'for both' }));
  const [first, second] = [await aTab(), await aTab()];
  const asking = new Set<Page>();
  const listen = (page: Page) => page.on('request', (request) => isSync(request) && asking.add(page));
  listen(first);
  listen(second);
  await start(first);
  await eventually(async () => expect(await stateOf(first)).toBe('live'));
  await start(second);
  await eventually(async () => expect(await stateOf(second)).toBe('live')); // the state of the leading tab
  expect(await idsIn(second)).toEqual(['m1']);

  await user.deposit(aMessage({ id: 'm2' }));
  for (const page of [first, second])
    await eventually(async () => expect(await idsIn(page)).toEqual(['m2', 'm1']));
  const written = await write(second, 'from the other tab');
  await eventually(async () => expect(await second.evaluate(() => window.client.pending())).toEqual([]));
  expect(await idsIn(first)).toContain(written);
  expect([...asking]).toEqual([first]);

  await first.close();
  await eventually(async () => expect(asking.has(second)).toBe(true));
  await user.deposit(aMessage({ id: 'm3' }));
  await eventually(async () => expect(await idsIn(second)).toContain('m3'), 30_000);
  expect((await idsIn(second)).sort()).toEqual([written, 'm1', 'm2', 'm3'].sort());
  expect(await idsOnServer()).toEqual([written, 'm1', 'm2', 'm3'].sort());
});
