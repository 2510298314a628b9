import WebSocket from 'ws';
import type { ClientOptions } from '../../../client/api/client-options.js';
import { MessageStorageClient } from '../../../client/api/message-storage-client.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import { httpTransport } from '../../../client/sync/transport.js';
import type { OperationInput } from '../../../protocol/operation.js';
import { aMessage, BOX } from '../../support/builders.js';
import { CoreCloud } from '../../support/core-cloud.js';

export const ME = 'tel:+15550100';
export const YOU = 'tel:+15550101';
export const SEED = { kind: 'oneToOne' as const, participants: [ME, YOU] };
export const work = (textContent: string, more: object = {}) => ({
  from: ME,
  to: [YOU],
  textContent,
  date: '2026-02-28T10:00:00Z',
  ...more,
});

/** Starts a cloud before each test of a file, and stops its clients after each test. */
export function useCloud() {
  const clients: MessageStorageClient[] = [];
  const context = { cloud: undefined as unknown as CoreCloud, aClient, aDeposit };
  beforeEach(async () => {
    context.cloud = await CoreCloud.start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.stop()));
    await context.cloud.stop();
  });
  return context;

  function aClient(more: Partial<ClientOptions> = {}) {
    const transport = httpTransport({ url: context.cloud.url, token: () => BOX, attempts: 1 });
    const client = new MessageStorageClient({
      deviceId: 'phone',
      transport,
      store: memoryStore(),
      WebSocket,
      nowMs: () => context.cloud.rig.clock.nowMs,
      timings: { backoff: { baseMs: 10, capMs: 20 } },
      ...more,
    });
    clients.push(client);
    return client;
  }

  /** Deposits messages from others, as the Participating Function does. */
  function aDeposit(...messages: Record<string, unknown>[]) {
    return context.cloud.deposit(BOX, ...messages.map((message) => aMessage(message)));
  }
}

/** The bodies of all synchronization requests so far. */
export const syncBodies = (cloud: CoreCloud) =>
  cloud.loopback.received
    .filter(({ path }) => path === '/v1/sync')
    .map(({ body }) => body as { instanceId: string; syncToken?: string; operations?: OperationInput[] });

export async function textsOf(client: MessageStorageClient, conversationId = 'c1'): Promise<unknown[]> {
  const { items } = await client.messages(conversationId, { limit: 1000 });
  return items.map(({ message }) => message.textContent);
}
