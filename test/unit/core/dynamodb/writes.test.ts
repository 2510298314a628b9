import type { BatchExecuteStatementCommandInput } from '@aws-sdk/client-dynamodb';
import type { ViewWrite } from '../../../../core/model/effects.js';
import { BOX } from '../../../support/builders.js';
import { anItem, aState } from '../../../support/store-items.js';
import { scripted } from './scripted.js';

jest.mock('node:timers/promises', () => ({ setTimeout: async () => undefined })); // waits take no time

const keys = Array.from({ length: 60 }, (_, i) => `A#${String(i).padStart(2, '0')}`);
const created = (version = 5): ViewWrite[] =>
  keys.map((sk) => ({ sk, version, content: anItem(sk, version), creates: true }));

const sizes = (inputs: readonly BatchExecuteStatementCommandInput[]) =>
  inputs.map(({ Statements }) => Statements?.length);

test('many writes go in as few calls as the database allows, all at once', async () => {
  const { store, database } = scripted();
  await store.project(BOX, created());
  expect(database.calls.map(({ name }) => name)).toEqual(Array(3).fill('BatchExecuteStatement'));
  expect(sizes(database.callsOf('BatchExecuteStatement'))).toEqual([25, 25, 10]);
});

test('few writes go each by itself, side by side', async () => {
  const { store, database } = scripted();
  await store.project(BOX, created().slice(0, 3));
  expect(database.calls.map(({ name }) => name)).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
});

describe.each([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'InternalServerError',
  'TransactionConflict',
])('statements that fail with %s', (code) => {
  test('are tried again, they alone, several times in a row, until all are done', async () => {
    const { store, database } = scripted();
    Object.assign(database, { failures: 4, failsWith: code });
    expect(await store.project(BOX, created())).toEqual({ outcome: 'done', dropped: [] });
    database.isFresh = true;
    expect((await store.get(BOX, keys)).size).toBe(60);
    expect(sizes(database.callsOf('BatchExecuteStatement'))).toEqual(Array(5).fill([25, 25, 10]).flat());
  });

  test('are not taken for done when they stay so', async () => {
    const { store, database } = scripted();
    Object.assign(database, { failures: Number.POSITIVE_INFINITY, failsWith: code });
    await expect(store.project(BOX, created())).rejects.toMatchObject({ kind: 'unavailable' });
    expect(database.callsOf('BatchExecuteStatement').length).toBeLessThan(40);
  });
});

test('a replacement and a removal that are throttled are tried again too', async () => {
  const { store, database } = scripted();
  database.isFresh = true;
  for (const sk of keys) await store.put(BOX, anItem(sk, 1), 'always');
  database.failures = 2;
  const items = keys.slice(0, 30).map((sk) => ({ read: anItem(sk, 1), next: anItem(sk, 2) }));
  expect(await store.replace(BOX, items)).toEqual(keys.slice(0, 30));
  await store.remove(BOX, keys.slice(30), 1);
  expect((await store.keys(BOX, 100)).keys).toEqual(keys.slice(0, 30));
});

test('a statement that the database refuses for another reason fails the whole, with its code', async () => {
  const { store, database } = scripted();
  Object.assign(database, { failures: 1, failsWith: 'ValidationError' });
  await expect(store.project(BOX, created())).rejects.toThrow('ValidationError');
});

test('what is refused since it is there already is written part by part, where it is older', async () => {
  const { store, database } = scripted();
  await store.project(BOX, created(7));
  const writes = keys.map(
    (sk): ViewWrite => ({ sk, version: 6, content: anItem(sk, 6), state: aState(6), creates: true }),
  );
  await store.project(BOX, writes);
  const found = await store.get(BOX, keys);
  expect(
    [...found.values()].map((item) => [item.version, 'stateVersion' in item && item.stateVersion]),
  ).toEqual(keys.map(() => [7, 6]));
  expect(database.calls.length).toBeGreaterThan(60);
});

test('several writes of one item go in different calls, since the database takes no two of them in one', async () => {
  const { store, database } = scripted();
  const writes = keys.slice(0, 10).flatMap((sk): ViewWrite[] => [
    { sk, version: 5, content: anItem(sk, 5), creates: true },
    { sk, version: 6, state: aState(6) },
  ]);
  await store.project(BOX, writes);
  expect(sizes(database.callsOf('BatchExecuteStatement'))).toEqual([10, 10]);
});

test('nothing is said to be done as long as one of the calls hangs', async () => {
  const { store, database } = scripted();
  database.hangs = (name, nth) => name === 'BatchExecuteStatement' && nth === 2;
  let isDone = false;
  const work = store.project(BOX, created()).then(() => {
    isDone = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDone).toBe(false);
  database.release();
  await work;
  database.isFresh = true;
  expect((await store.get(BOX, keys)).size).toBe(60);
});
