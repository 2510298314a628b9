// A backfill has at least half of each response, whatever else is sent meanwhile.
import { synchronize } from '../../../../core/read/synchronize.js';
import { syncBodySchema } from '../../../../protocol/sync.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aFolder, aMessage, BOX, moved, removal } from '../../../support/builders.js';
import { DeviceUnderTest } from '../../../support/device-under-test.js';

const MANY = Array.from({ length: 30 }, (_, i) => `m${String(i).padStart(2, '0')}`);

let box: BoxUnderTest;
let phone: DeviceUnderTest;

/** c1 in f1 with many messages, c2 in f2 with many more. */
const setting = async (suffix = '') => {
  box = new BoxUnderTest();
  phone = new DeviceUnderTest(box, 'phone', 'literal');
  await box.given(aFolder('f1'), aFolder('f2'));
  for (const [id, folderId] of [
    [`c1${suffix}`, 'f1'],
    [`c2${suffix}`, 'f2'],
  ] as const) {
    await box.given(
      aConversation({ id, folderId }),
      ...MANY.map((message) => aMessage({ id: `${message}${suffix}`, conversationId: id })),
    );
  }
  box.settle();
};

/** How far the backfill has come with each page, until it has ended. */
const sentOf = (pages: readonly { backfill?: { sent: number } | undefined }[]) =>
  pages.flatMap(({ backfill }) => backfill?.sent ?? []);

test.each([1, 2, 10])(
  '[BF2] gets on while the contents of a conversation history that moved in are sent, limit %i',
  async (limit) => {
    await setting();
    await phone.register({ folders: ['f1'] });
    let sent = (await phone.page(limit)).backfill?.sent ?? 0;
    await box.given(moved('c2', 'f1'));
    for (let pages = 0; pages < 4; pages++) {
      const next = (await phone.page(limit)).backfill?.sent ?? Number.POSITIVE_INFINITY;
      expect(next).toBeGreaterThanOrEqual(sent + Math.ceil(limit / 2));
      sent = next;
    }
    await phone.synchronize(limit);
    await phone.expectExact();
  },
);

test.each([1, 2, 10])(
  '[BF2, SC13] gets on while the removal of a folder is expanded, limit %i',
  async (limit) => {
    await setting();
    for (let i = 0; i < 20; i++) await box.given(aConversation({ id: `of f2 ${i}`, folderId: 'f2' }));
    await phone.register({ elementTypes: ['message'], folders: ['f1', 'f2'] });
    let sent = (await phone.page(limit)).backfill?.sent ?? 0;
    await box.given(removal('folder', 'f2'));
    for (let pages = 0; pages < 3; pages++) {
      const next = (await phone.page(limit)).backfill?.sent ?? Number.POSITIVE_INFINITY;
      expect(next).toBeGreaterThanOrEqual(sent + Math.ceil(limit / 2));
      sent = next;
    }
    await phone.synchronize(limit);
    await phone.expectExact();
  },
);

test('[BF2] has half of the bytes, where it is these that a response is short of', async () => {
  const maxBytes = 200_000;
  const large = (prefix: string) =>
    Array.from({ length: 40 }, (_, i) => aMessage({ id: `${prefix}${i}`, textContent: 'x'.repeat(10_000) }));
  box = new BoxUnderTest();
  await box.given(...large('old'));
  box.settle();
  const caller = await box.device(BOX, 'phone');
  const page = (syncToken?: string) =>
    synchronize(box.core, caller, syncBodySchema.parse(syncToken === undefined ? {} : { syncToken }), {
      maxBytes,
    });
  const first = await page();
  for (const message of large('new')) await box.given(message);
  const { changes = [], backfill } = await page(first.syncToken);
  expect(Buffer.byteLength(JSON.stringify(changes))).toBeLessThan(maxBytes);
  const sent = (backfill?.sent ?? 0) - (first.backfill?.sent ?? 0);
  expect(changes.length - sent).toBeGreaterThanOrEqual(sent - 2); // live changes have the other half
  expect(sent).toBeGreaterThanOrEqual(9); // of 19 that there is room for
});

test.each([1, 2, 3])(
  '[BF2] waits for contents also where its cursor has room beside theirs only as long as it has not begun, limit %i',
  async (limit) => {
    await setting('.'.repeat(90));
    await box.given(aFolder('f3'), moved(`c1${'.'.repeat(90)}`, 'f3'));
    await phone.register({ elementTypes: ['message'], folders: ['f1'] });
    await phone.synchronize();
    await box.given(moved(`c2${'.'.repeat(90)}`, 'f1'));
    await phone.page(limit);
    await phone.register({ elementTypes: ['message'], folders: ['f1', 'f3'] });
    const pages = await phone.synchronize(limit);
    expect(Math.max(...pages.map(({ syncToken }) => syncToken.length))).toBeLessThanOrEqual(600);
    await phone.expectExact();
  },
);

test.each([1, 10])(
  'waits for contents that moved in where two cursors do not fit into the token, and all is sent in the end, limit %i',
  async (limit) => {
    await setting('\u{1F600}'.repeat(28));
    await phone.register({ folders: ['f1'] });
    const pages = [await phone.page(limit)];
    await box.given(moved(`c2${'\u{1F600}'.repeat(28)}`, 'f1'));
    pages.push(...(await phone.synchronize(limit)));
    expect(Math.max(...pages.map(({ syncToken }) => syncToken.length))).toBeLessThanOrEqual(600);
    const sent = sentOf(pages);
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
    await phone.expectExact();
  },
);

test.each([1, 2, 3, 10])(
  '[BF2, SC13] waits also for the removal of a folder that is expanded, limit %i',
  async (limit) => {
    const long = (name: string) => name.padEnd(124, '.');
    box = new BoxUnderTest();
    phone = new DeviceUnderTest(box, 'phone', 'literal');
    await box.given(aFolder('f1'), aFolder('f2'));
    for (let i = 0; i < 8; i++) await box.given(aConversation({ id: long(`of f2 ${i}`), folderId: 'f2' }));
    for (let i = 0; i < 20; i++) await box.given(aMessage({ id: long(`m${i}`), conversationId: long('c1') }));
    await box.given(moved(long('c1'), 'f1'));
    box.settle();
    await phone.register({ elementTypes: ['message', 'messageState'], folders: ['f2'] });
    await phone.synchronize();
    await box.given(removal('folder', 'f2'));
    await phone.page(limit);
    await phone.register({ elementTypes: ['message', 'messageState'] });
    const pages = await phone.synchronize(limit);
    expect(Math.max(...pages.map(({ syncToken }) => syncToken.length))).toBeLessThanOrEqual(600);
    await phone.expectExact();
  },
);

test('a response goes out after thirty reads, though it has nothing: there may be much outside of the scope', async () => {
  await setting();
  const ids = Array.from({ length: 80 }, (_, i) => `c9 ${i}`);
  for (const id of ids) await box.given(aConversation({ id, folderId: 'f2' }));
  await box.projected(BOX);
  await phone.register({ folders: ['f1'] });
  let readings = 0;
  const { query } = box.store;
  box.store.query = (of, range) => {
    const isOfHistories = range.from.startsWith('H#') || range.to.startsWith('H#');
    if (isOfHistories) readings++;
    // As if each reading gave a thousand.
    return query.call(box.store, of, isOfHistories ? { ...range, limit: Math.min(range.limit, 2) } : range);
  };
  let most = 0;
  for (let page = await phone.page(); page.hasMore; page = await phone.page()) {
    most = Math.max(most, readings);
    readings = 0;
  }
  expect(most).toBe(30);
  await phone.expectExact();
});
