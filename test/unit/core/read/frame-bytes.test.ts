// A frame carries 120 KB: whatever a response has to say, it stays below, and the rest follows.

import { synchronize } from '../../../../core/read/synchronize.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { SYNC_RESPONSE_FRAME_MAX_BYTES } from '../../../../protocol/limits.js';
import { type SyncResponse, syncBodySchema } from '../../../../protocol/sync.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX } from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(() => {
  box = new BoxUnderTest();
});

/** As many ids as preferences may list, of the greatest length, and as long in JSON as they get. */
const LONG_IDS = Array.from({ length: 200 }, (_, i) => `${'"'.repeat(125)}${String(i).padStart(3, '0')}`);

const pageOf = async (caller: Caller, body: object) => {
  const response = await synchronize(box.core, caller, syncBodySchema.parse({ limit: 1000, ...body }), {
    maxBytes: SYNC_RESPONSE_FRAME_MAX_BYTES,
  });
  expect(Buffer.byteLength(JSON.stringify(response))).toBeLessThanOrEqual(SYNC_RESPONSE_FRAME_MAX_BYTES);
  return response;
};

/** Ids of the messages of a synchronization from its first page on. */
async function messagesFrom(caller: Caller, first: SyncResponse): Promise<ReadonlySet<string>> {
  const told = new Set<string>();
  for (let page = first; ; page = await pageOf(caller, { syncToken: page.syncToken })) {
    for (const { type, id } of page.changes ?? []) if (type === 'message') told.add(id);
    if (!page.hasMore) return told;
  }
}

test('[SO5] the effective scope of a device that excludes many conversation histories counts too', async () => {
  const ids = Array.from({ length: 60 }, (_, i) => `m${i}`);
  for (const id of ids) await box.given(aMessage({ id, textContent: 'x'.repeat(3000) }));
  const phone = await box.device(BOX, 'phone', { excludeConversations: LONG_IDS } as never);
  const page = await pageOf(phone, {});
  expect(page.effective?.excludeConversations).toHaveLength(200);
  expect(await messagesFrom(phone, page)).toEqual(new Set(ids));
});

const faulty = (n: number) => ({
  n,
  op: 'modify',
  type: 'message',
  id: 'm1',
  conversationId: 'c1',
  data: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`${i}${'"/'.repeat(100)}`, 1])),
});

test('[SO5] of operations with many faults the first of each is sent, all of them over HTTP', async () => {
  const phone = await box.device(BOX, 'phone');
  const operations = Array.from({ length: 50 }, (_, i) => faulty(i + 1));
  const { results = [] } = await pageOf(phone, { operations });
  expect(results.map(({ n, status }) => [n, status])).toEqual(operations.map(({ n }) => [n, 'invalid']));
  expect(results.map(({ problem }) => problem?.errors?.length)).toEqual(operations.map(() => 1));
  const again = await box.sync(phone, { operations });
  expect(again.results?.map(({ problem }) => problem?.errors?.length)).toEqual(operations.map(() => 10));
});

test('[SO5] elements that exist are left out of the results where they do not fit beside the scope, and follow', async () => {
  const ids = Array.from({ length: 50 }, (_, i) => `m${i}`);
  const textContent = 'x'.repeat(1750);
  for (const id of ids) await box.given(aMessage({ id, textContent }));
  const tablet = await box.device(BOX, 'tablet');
  const operations = ids.map((id, i) => aMessage({ n: i + 1, id }));
  const beside = await pageOf(tablet, { operations });
  expect(beside.results?.every(({ current }) => current !== undefined)).toBe(true);

  const phone = await box.device(BOX, 'phone', { excludeConversations: LONG_IDS } as never);
  const page = await pageOf(phone, { operations });
  expect(page.results?.map(({ status, current }) => [status, current])).toEqual(
    ids.map(() => ['exists', undefined]),
  );
  expect(page.effective).toBeDefined();
  expect(await messagesFrom(phone, page)).toEqual(new Set(ids));
});
