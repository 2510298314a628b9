import type { LocalStore } from '../../../client/stores/local-store.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import { Synchronizer, type SynchronizerOptions } from '../../../client/sync/synchronizer.js';
import type { Transport } from '../../../client/sync/transport.js';
import type { SyncRequestInput, SyncResponse } from '../../../protocol/sync.js';
import { boxOn } from './box-on.js';
import { aConversation, aMessage, aPage, aRemoval } from './builders.js';
import { heldIn } from './held.js';

/** A transport that a test answers: `answer` resolves the oldest waiting request. */
class ScriptedTransport implements Transport {
  readonly requests: SyncRequestInput[] = [];
  readonly #waiting: { resolve: (page: SyncResponse) => void; reject: (error: Error) => void }[] = [];
  #arrived: () => void = () => undefined;

  synchronize(request: SyncRequestInput, signal?: AbortSignal): Promise<SyncResponse> {
    this.requests.push(request);
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      this.#waiting.push({ resolve, reject });
      this.#arrived();
    });
  }

  async answer(page: SyncResponse): Promise<void> {
    (await this.#next()).resolve(page);
  }

  async fail(message: string): Promise<void> {
    (await this.#next()).reject(new Error(message));
  }

  async #next() {
    for (;;) {
      const next = this.#waiting.shift();
      if (next) return next;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  registerDevice = () => Promise.reject(new Error('not called'));
  issueTicket = () => Promise.reject(new Error('not called'));
  history = () => Promise.reject(new Error('not called'));
}

function aSynchronizer(more: Partial<SynchronizerOptions> = {}, store: LocalStore = memoryStore()) {
  const transport = new ScriptedTransport();
  const synchronizer = new Synchronizer({
    deviceId: 'phone',
    transport,
    box: boxOn(store),
    prepare: async () => {},
    renews: async () => false,
    onPage: async () => {},
    onEnd: () => {},
    onFailure: () => {},
    ...more,
  });
  return { transport, store, synchronizer };
}

const tokens = ({ requests }: ScriptedTransport) => requests.map(({ syncToken }) => syncToken);

test('[SY9] the client requests pages until hasMore is absent, each with the previous token', async () => {
  const { transport, store, synchronizer } = aSynchronizer({ pageLimit: 7 });
  const report = synchronizer.synchronize();
  await transport.answer(aPage([aConversation('c1', 1)], { syncToken: 'A', hasMore: true }));
  await transport.answer(aPage([], { syncToken: 'B', hasMore: true }));
  await transport.answer(aPage([aMessage('m1', 'c1', 2)], { syncToken: 'C' }));
  await report;
  expect(transport.requests).toEqual([
    { deviceId: 'phone', instanceId: 'i1', limit: 7 },
    { deviceId: 'phone', instanceId: 'i1', limit: 7, syncToken: 'A' },
    { deviceId: 'phone', instanceId: 'i1', limit: 7, syncToken: 'B' },
  ]);
  expect(await heldIn(store)).toEqual(['c:c1@1', 'm:c1/m1@2']);
});

test('the report counts received and removed elements by type, pages and time', async () => {
  const { transport, synchronizer } = aSynchronizer();
  const first = synchronizer.synchronize();
  await transport.answer(
    aPage([aConversation('c1', 1), aMessage('m1', 'c1', 2), aMessage('m2', 'c1', 3)], { hasMore: true }),
  );
  await transport.answer(
    aPage([aMessage('m3', 'c1', 4), aRemoval('message', 'm1', 5, { conversationId: 'c1' })]),
  );
  const none = { folder: 0, conversationHistory: 0, sessionHistory: 0, message: 0, messageState: 0 };
  expect(await first).toEqual({
    sent: 0,
    applied: 0,
    conflicts: 0,
    refused: 0,
    bytes: 0,
    received: { ...none, conversationHistory: 1, message: 3 },
    removed: { ...none, message: 1 },
    pages: 2,
    reset: false,
    durationMs: expect.any(Number),
  });

  const second = synchronizer.synchronize();
  await transport.answer(aPage([aConversation('c1', 1), aMessage('m2', 'c1', 3)], { reset: true }));
  expect(await second).toMatchObject({
    received: { ...none, conversationHistory: 1, message: 1 },
    removed: { ...none, message: 1 },
    reset: true,
  });
});

test('calls during one synchronization share exactly one more, which begins after it', async () => {
  const ends: string[] = [];
  const { transport, synchronizer } = aSynchronizer({ onEnd: () => ends.push('end') });
  const first = synchronizer.synchronize();
  const later = [synchronizer.synchronize(), synchronizer.synchronize(), synchronizer.synchronize()];
  await transport.answer(aPage([], { syncToken: 'A' }));
  await first;
  const evenLater = synchronizer.synchronize();
  await transport.answer(aPage([], { syncToken: 'B' }));
  await Promise.all([...later, evenLater]);
  expect(tokens(transport)).toEqual([undefined, 'A']);
  expect(ends).toEqual(['end', 'end']);
});

test('a call during that one starts another one', async () => {
  const { transport, synchronizer } = aSynchronizer();
  const all = [synchronizer.synchronize(), synchronizer.synchronize()];
  await transport.answer(aPage([], { syncToken: 'A' }));
  while (transport.requests.length < 2) await new Promise(setImmediate);
  all.push(synchronizer.synchronize());
  await transport.answer(aPage([], { syncToken: 'B' }));
  await transport.answer(aPage([], { syncToken: 'C' }));
  await Promise.all(all);
  expect(tokens(transport)).toEqual([undefined, 'A', 'B']);
});

test('[SY11] the next synchronization repeats the request whose response was not stored', async () => {
  const { transport, store, synchronizer } = aSynchronizer();
  const failing = synchronizer.synchronize();
  await transport.answer(aPage([aConversation('c1', 1)], { syncToken: 'A', hasMore: true }));
  await transport.fail('connection lost');
  await expect(failing).rejects.toThrow('connection lost');

  const again = synchronizer.synchronize();
  await transport.answer(aPage([aMessage('m2', 'c1', 3)], { syncToken: 'B' }));
  await again;
  expect(tokens(transport)).toEqual([undefined, 'A', 'A']);
  expect(await heldIn(store)).toEqual(['c:c1@1', 'm:c1/m2@3']);
});

test('[CL3] a removal is remembered across a crash in the middle of the synchronization', async () => {
  const { transport, store, synchronizer } = aSynchronizer();
  const crashing = synchronizer.synchronize();
  const removal = aRemoval('message', 'm1', 8, { conversationId: 'c1' });
  await transport.answer(aPage([removal], { hasMore: true }));
  await transport.fail('crash');
  await expect(crashing).rejects.toThrow('crash');

  const restarted = aSynchronizer({}, store);
  const again = restarted.synchronizer.synchronize();
  await restarted.transport.answer(
    aPage([aConversation('c1', 1), aMessage('m1', 'c1', 5), aMessage('m2', 'c1', 6)]),
  );
  await again;
  expect(await heldIn(store)).toEqual(['c:c1@1', 'm:c1/m2@6']);
});

test('a failed synchronization does not stop the waiting one', async () => {
  const { transport, synchronizer } = aSynchronizer();
  const first = synchronizer.synchronize();
  const second = synchronizer.synchronize();
  await transport.fail('no');
  await expect(first).rejects.toThrow('no');
  await transport.answer(aPage());
  expect((await second).pages).toBe(1);
});

test('a server that never sends another token makes the synchronization fail', async () => {
  const { transport, synchronizer } = aSynchronizer();
  const endless = synchronizer.synchronize();
  await transport.answer(aPage([], { syncToken: 'A', hasMore: true }));
  await transport.answer(aPage([], { syncToken: 'A', hasMore: true }));
  await expect(endless).rejects.toThrow('must have results or a new syncToken');
});

test('abort ends the current and the waiting synchronization; a later response is not stored', async () => {
  const { transport, store, synchronizer } = aSynchronizer();
  const running = synchronizer.synchronize();
  const waiting = synchronizer.synchronize();
  await transport.answer(aPage([aMessage('m1', 'c1', 2)], { hasMore: true }));
  while (transport.requests.length < 2) await new Promise(setImmediate);
  synchronizer.abort();
  await transport.answer(aPage([aMessage('m2', 'c1', 3)]));
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  expect(await heldIn(store)).toEqual(['m:c1/m1@2']);
});
