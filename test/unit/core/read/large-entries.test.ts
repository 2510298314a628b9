import type { Caller } from '../../../../core/write/device-operations.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aMessage, BOX, deletion, modification } from '../../../support/builders.js';
import { WatchedStore } from '../../../support/watched-store.js';

let store: WatchedStore;
let box: BoxUnderTest;
let phone: Caller;
let token: string | undefined;

beforeEach(async () => {
  store = new WatchedStore();
  box = new BoxUnderTest(store);
  phone = await box.device(BOX, 'phone');
  await box.given(aConversation()); // commit 2
  token = (await box.syncAll(phone)).syncToken;
});

const sync = async (syncToken = token) => {
  const response = await box.sync(phone, { syncToken });
  return { ...response, ids: (response.changes ?? []).map(({ id }) => id as string) };
};

describe('an entry whose effects stand aside', () => {
  const large = (id: string) => aMessage({ id, seed: false, textContent: id.repeat(20_000) });

  beforeEach(async () => {
    await box.given(large('m1'), large('m2'), large('m3')); // commit 3
    const entry = (await box.entries(BOX)).at(-1);
    expect(entry?.overflow).toBe(1);
  });

  test('is sent with its elements', async () => {
    const { changes } = await sync();
    expect(changes).toEqual(
      ['m1', 'm2', 'm3'].map((id) =>
        expect.objectContaining({ type: 'message', id, modSeq: 3, textContent: id.repeat(20_000) }),
      ),
    );
  });

  test('is sent once with what was changed since, in its latest state', async () => {
    await box.given(modification('message', 'm3', { subject: 'new' }), deletion('m2'));
    const { changes = [], ...rest } = await sync();
    expect(changes).toMatchObject([
      { id: 'm1', modSeq: 3 },
      { id: 'm3', subject: 'new', modSeq: 4, textContent: 'm3'.repeat(20_000) },
      { id: 'm2', removed: 'deleted', modSeq: 4 },
    ]);
    expect(rest).not.toHaveProperty('hasMore');
  });

  test('is sent in several responses where these are short of room', async () => {
    const { pages, changes } = await box.syncAll(phone, { limit: 1, ...(token && { syncToken: token }) });
    expect(changes.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3']);
    expect(pages).toHaveLength(3);
  });

  test('is unavailable where these are not there any more', async () => {
    for (const sk of store.box(BOX).keys.filter((key) => key.startsWith('O#'))) store.expire(BOX, sk);
    await expect(sync()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
