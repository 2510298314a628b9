import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { purge } from '../../../../core/lifecycle/purge.js';
import { aFolder, aMessage, BOX, modification, removal, stateChange } from '../../../support/builders.js';
import { type CountedStore, PurgeRig } from '../../../support/purge-rig.js';

let store: CountedStore;
let box: PurgeRig;
beforeEach(async () => {
  box = new PurgeRig();
  store = box.counts;
  await box.given(aFolder('f1'));
});

describe('a conversation history created anew', () => {
  const anew = aMessage({ id: 'new', flags: ['y'] });

  test.each([
    ['after it was deleted', [removal('conversationHistory', 'c1')]],
    ['after its folder was deleted', [removal('folder', 'f1')]],
  ])('[CH4] %s keeps what it holds now, and loses what it held', async (_, deletions) => {
    await box.fill(100);
    await box.given(...deletions);
    await box.given(anew, modification('message', 'new', { subject: 'x' }));
    await box.order();
    await box.work();
    expect(await box.names('message')).toEqual(['new']);
    await box.expectCounted({
      conversationHistory: 1,
      sessionHistory: 0,
      message: 1,
      messageState: 1,
    });
  });

  test('in the request that deleted it is emptied of what it held', async () => {
    await box.fill(100);
    await box.given(removal('conversationHistory', 'c1'), anew);
    await box.order();
    await box.work();
    await box.expectCounted({ message: 1, messageState: 1 });
  });

  test('while it is being emptied is left alone', async () => {
    await box.fill(3);
    await box.given(removal('conversationHistory', 'c1'));
    await box.order();
    store.beforeAppend = () => box.given(anew);
    await box.work();
    expect(await box.names('message')).toEqual(['new']);
    await box.expectCounted();
  });
});

test('commits that are faster make it try again, and busy in the end, for the message to come again', async () => {
  await box.fill(1);
  await box.given(removal('conversationHistory', 'c1'));
  await box.order();
  const { append } = store;
  const appending: typeof append = async (of, entry) => {
    store.append = append;
    await box.given(aMessage({ conversationId: 'c2' }));
    store.append = appending;
    return append.call(store, of, entry);
  };
  store.append = appending;
  const [message] = box.purges;
  if (!message) throw new Error('nothing was ordered');
  await expect(purge(box.core, message)).rejects.toMatchObject({ kind: 'busy' });
  store.append = append;
  await box.work();
  expect(await box.names('message')).not.toContain('m0000');
  await box.expectCounted({ message: 24 });
});

test('a large message is removed with its content, which no late entry brings back, and counts with all of it', async () => {
  await box.given(aMessage({ id: 'm1', textContent: 'x'.repeat(20_000), flags: ['x'] }));
  await box.projected(BOX);
  expect(store.all(BOX).map(({ kind }) => kind)).toContain('body');
  await box.given(removal('conversationHistory', 'c1'));
  await box.order();
  await box.work();
  await box.expectCounted({ message: 0, messageState: 0 });
  expect(store.all(BOX).find(({ kind }) => kind === 'body')).not.toHaveProperty('data');
});

test('what was changed right before the deletion, and is in the log alone, is purged as it was left', async () => {
  await box.given(aMessage({ id: 'm1' }));
  await box.projected(BOX);
  await box.given(stateChange('m1', { addFlags: ['x', 'y'] }), aMessage({ id: 'm2', flags: ['z'] }));
  await box.given(modification('message', 'm2', { subject: 'longer than before' }));
  await box.given(removal('conversationHistory', 'c1'));
  await box.order();
  await box.work();
  await box.expectCounted({ conversationHistory: 0, message: 0, messageState: 0 });
});

test('what was created anew in the request of the deletion, and changed in the log alone, counts as it was left', async () => {
  await box.given(aMessage({ id: 'm1' }));
  await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'm2', flags: ['x'] }));
  await box.order();
  await box.projected(BOX);
  await box.given(stateChange('m2', { addFlags: ['y'] }));
  await box.given(removal('conversationHistory', 'c1'));
  await box.work();
  await box.emptied();
  await box.expectCounted({ conversationHistory: 0, message: 0, messageState: 0 });
});

test('an entry that is applied after the purge brings nothing back', async () => {
  await box.fill(4);
  await box.given(
    stateChange('m0000', { addFlags: ['late'] }),
    modification('message', 'm0001', { subject: 'late' }),
  );
  const late = await box.entries(BOX);
  await box.given(removal('conversationHistory', 'c1'));
  await box.order();
  await box.work();
  for (const entry of [...late, ...late.toReversed()]) await projectEntries(box.core, BOX, [entry]);
  await box.expectCounted({ message: 0, messageState: 0, sessionHistory: 0 });
  expect(store.all(BOX).filter(({ kind }) => kind === 'stateAlone')).toEqual([]);
});
