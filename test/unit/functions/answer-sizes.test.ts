import { handler as history } from '../../../functions/history/handler.js';
import { handler as socketSync } from '../../../functions/socket-sync/handler.js';
import { handler as sync } from '../../../functions/sync/handler.js';
import type { SyncResponse } from '../../../protocol/sync.js';
import { aConversation, aMessage, BOX } from '../../support/builders.js';
import { Rig } from '../../support/rig.js';
import { context, HOLDER, httpEvent, socketEvent } from './gateway-events.js';
import { world } from './memory-core.js';

jest.mock('../../../functions/runtime/aws/open-core.js', () =>
  jest.requireActual('./memory-core.js').openCoreInMemory(),
);
jest.mock('../../../functions/runtime/aws/config.js', () =>
  jest.requireActual('./memory-core.js').configInMemory(),
);

/** Lambda refuses an answer whose JSON is larger. The body is text in this JSON, so each quote of the body counts twice. */
const LAMBDA_MAX_BYTES = 6_291_556;
const FRAME_MAX_BYTES = 131_072;
const { deviceId, instanceId } = HOLDER;

/** A box with this many messages of about 50 KB, which consist of quotes. */
async function filled(count: number) {
  world.rig = new Rig();
  await world.rig.deposit(BOX, aConversation());
  await world.rig.device(BOX, deviceId, {}, instanceId);
  const all = Array.from({ length: count }, (_, i) =>
    aMessage({ id: `m${String(i).padStart(3, '0')}`, textContent: '"'.repeat(25_000) }),
  );
  for (let rest = all; rest.length > 0; ) {
    const { results } = await world.rig.deposit(BOX, ...rest.slice(0, 50));
    rest = rest.slice(results.length);
  }
}

const messagesIn = ({ changes = [] }: SyncResponse) =>
  changes.filter(({ type }) => type === 'message').length;

test('a synchronization of 10 MB over HTTPS is answered in pages that Lambda takes uncompressed', async () => {
  await filled(200);
  let messages = 0;
  let pages = 0;
  for (let syncToken: string | undefined, more = true; more; ) {
    const body = JSON.stringify({ deviceId, instanceId, limit: 1000, ...(syncToken && { syncToken }) });
    const answer = await sync(httpEvent({ routeKey: 'POST /v1/sync', body }), context());
    expect(answer.statusCode).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(LAMBDA_MAX_BYTES);
    const page: SyncResponse = JSON.parse(answer.body ?? '');
    messages += messagesIn(page);
    pages++;
    ({ syncToken } = page);
    more = page.hasMore ?? false;
  }
  expect(messages).toBe(200);
  expect(pages).toBeLessThan(20);
});

test('a synchronization over a socket is answered in frames of at most 128 KB, the id included', async () => {
  await filled(10);
  const id = 'i'.repeat(128);
  let messages = 0;
  for (let syncToken: string | undefined, more = true; more; ) {
    const frame = { action: 'sync', id, limit: 1000, ...(syncToken && { syncToken }) };
    const { body = '' } = await socketSync(socketEvent(JSON.stringify(frame)), context());
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(FRAME_MAX_BYTES);
    const page = JSON.parse(body);
    expect(page).toMatchObject({ type: 'syncResponse', id });
    messages += messagesIn(page);
    ({ syncToken } = page);
    more = page.hasMore ?? false;
  }
  expect(messages).toBe(10);
});

test('a page of history ends before 2 MB and continues at next, and Lambda takes it uncompressed', async () => {
  await filled(100);
  const ids: string[] = [];
  for (let before: string | undefined, more = true; more; ) {
    const answer = await history(
      httpEvent({
        routeKey: 'GET /v1/conversations/{conversationId}/messages',
        pathParameters: { conversationId: 'c1' },
        queryStringParameters: { deviceId, limit: '200', ...(before && { before }) },
      }),
      context(),
    );
    expect(answer.statusCode).toBe(200);
    expect(Buffer.byteLength(answer.body ?? '')).toBeLessThan(2_100_000);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(LAMBDA_MAX_BYTES);
    const { elements, next } = JSON.parse(answer.body ?? '');
    ids.push(...elements.map((element: { id: string }) => element.id));
    before = next;
    more = next !== undefined;
  }
  expect(ids).toEqual(Array.from({ length: 100 }, (_, i) => `m${String(99 - i).padStart(3, '0')}`));
});
