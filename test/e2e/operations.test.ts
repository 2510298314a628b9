import { aConversation, aMessage, deletion, stateChange } from '../support/builders.js';
import { byName, names, User } from '../support/cloud.js';
import { aBox, aFolder, modify, remove, statuses, twoDevices } from '../support/cloud-box.js';

describe('operations of one request', () => {
  test.concurrent('[OP5, OP6, ST1] see earlier operations and commit together, and a failed one does not stop the others', async () => {
    const { user, phone, modSeq } = await aBox();
    const { results } = await phone.synchronize({
      operations: [
        aConversation({ id: 'c2' }),
        aMessage({ id: 'a', conversationId: 'c2', seed: false }),
        { op: 'explode', type: 'message', id: 'b', conversationId: 'c2' },
        stateChange('a', { addFlags: ['\\Seen'] }, { conversationId: 'c2' }),
        deletion('nothing'),
        aFolder('f1', 'A'),
        modify('conversationHistory', 'c2', { folderId: 'f1' }),
      ],
    });
    expect(results.map(({ status }) => status)).toEqual([
      'applied',
      'applied',
      'invalid',
      'applied',
      'notFound',
      'applied',
      'applied',
    ]);
    const committed = results.filter(({ status }) => status === 'applied');
    for (const result of committed) expect(result.modSeq).toBe(modSeq + 1);
    const { changes } = await (await user.device('third')).synchronize();
    const held = byName(changes);
    expect(held['conversationHistory c2']).toMatchObject({ modSeq: modSeq + 1, folderId: 'f1' });
    expect(held['messageState a']).toMatchObject({ flags: ['\\Seen'] });
  });

  test.concurrent('[ST4] conflict when they have the wrong modSeq, and get the current element', async () => {
    const { user, phone, modSeq } = await aBox();
    await user.deposit(modify('conversationHistory', 'c1', { subject: 'New' }));
    const { results } = await phone.synchronize({
      operations: [
        modify('conversationHistory', 'c1', { subject: 'Mine' }, { ifModSeq: modSeq }),
        modify('message', 'm1', { subject: 'Mine' }, { ifModSeq: modSeq + 1 }),
        stateChange('m2', { addFlags: ['\\Flagged'] }, { ifModSeq: modSeq + 5 }),
        deletion('m1', { ifModSeq: modSeq + 1 }),
        remove('sessionHistory', 's1', { ifModSeq: modSeq + 1 }),
      ],
    });
    expect(results).toMatchObject([
      { status: 'conflict', current: { type: 'conversationHistory', subject: 'New', modSeq: modSeq + 1 } },
      { status: 'conflict', current: { type: 'message', id: 'm1', modSeq } },
      { status: 'conflict', current: { type: 'messageState', id: 'm2', modSeq, flags: ['\\Seen'] } },
      { status: 'conflict', current: { type: 'message', id: 'm1' } },
      { status: 'conflict', current: { type: 'sessionHistory', id: 's1' } },
    ]);
  });

  test.concurrent('[OP8] compare ifModSeq with the state before the request, so several may name the same one', async () => {
    const { phone, modSeq } = await aBox();
    expect(
      await statuses(
        phone,
        stateChange('m2', { addFlags: ['\\Flagged'] }, { ifModSeq: modSeq }),
        stateChange('m2', { addFlags: ['\\Answered'] }, { ifModSeq: modSeq }),
        deletion('m2', { ifModSeq: modSeq }),
        aMessage({ id: 'new' }),
        modify('message', 'new', { subject: 'x' }, { ifModSeq: modSeq + 1 }),
      ),
    ).toEqual(['applied', 'applied', 'applied', 'applied', 'conflict']);
  });

  test.concurrent('[OP12] of two devices without ifModSeq: the later commit wins, attribute by attribute, and delete beats modify', async () => {
    const { phone, tablet } = await twoDevices();
    await phone.synchronize({
      operations: [modify('message', 'm1', { subject: 'phone', textContent: 'phone' })],
    });
    await tablet.synchronize({ operations: [modify('message', 'm1', { subject: 'tablet' })] });
    expect((await phone.synchronize()).changes).toMatchObject([
      { id: 'm1', subject: 'tablet', textContent: 'phone' },
    ]);
    await phone.synchronize({ operations: [deletion('m1')] });
    const { results, changes } = await tablet.synchronize({
      operations: [modify('message', 'm1', { subject: 'late' })],
    });
    expect(results).toMatchObject([{ status: 'gone' }]);
    expect(names(changes)).toEqual(['message m1 deleted']);
  });

  test.concurrent('[OP10] are processed up to what one commit holds: those without a result were not processed', async () => {
    const user = new User();
    const operations = Array.from({ length: 50 }, (_, i) =>
      aMessage({ id: `m${i}`, conversationId: `c${i}`, flags: ['\\Seen'], textContent: 'x'.repeat(15_000) }),
    );
    const done: string[] = [];
    for (let rest: object[] = operations; rest.length > 0; ) {
      const { results } = await user.deposit(...rest);
      expect(results.length).toBeGreaterThan(0);
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['applied']));
      done.push(...results.map(({ status }) => status));
      rest = rest.slice(results.length);
    }
    expect(done).toHaveLength(50);
    const { changes } = await (await user.device()).synchronize();
    expect(changes.filter(({ type }) => type === 'message')).toHaveLength(50);
    expect(changes.filter(({ type }) => type === 'messageState')).toHaveLength(50);
  });
});

test.concurrent('[OP1] an operation that is not in the protocol is refused', async () => {
  const { phone } = await aBox();
  const unknown = [
    ['messageState', 'create'],
    ['messageState', 'delete'],
    ['box', 'create'],
    ['folder', 'rename'],
    ['__proto__', 'create'],
  ];
  const all = unknown.map(([type, op]) => ({ op, type, id: 'm1', conversationId: 'c1', data: {} }));
  expect(await statuses(phone, ...all)).toEqual(unknown.map(() => 'invalid'));
});
