import type { BoxId } from '../../../../core/model/items.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import { aConversation, aMessage, BOX } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { Rig } from '../../../support/rig.js';

/** A store whose next puts of entries fail: before they were done, or after. */
class Unanswering extends MemoryStore {
  readonly failures: ('notDone' | 'done')[] = [];

  override async append(box: BoxId, entry: LogEntry) {
    const failure = this.failures.shift();
    if (failure === 'notDone') throw new Error('no answer');
    const outcome = await super.append(box, entry);
    if (failure === 'done') throw new Error('no answer');
    return outcome;
  }
}

describe('a put without answer', () => {
  test.each([
    [['notDone']],
    [['done']],
    [['notDone', 'notDone']],
    [['notDone', 'done']],
    [['done', 'notDone']],
    [['done', 'done']],
  ] as const)('is found out, and the message is stored once: %j', async (failures) => {
    const store = new Unanswering();
    const rig = new Rig(store);
    await rig.deposit(BOX, aConversation());
    store.failures.push(...failures);
    const answer = await rig.deposit(BOX, aMessage({ id: 'm1' }));
    expect(answer).toEqual({ results: [{ status: 'applied', modSeq: 3 }], modSeq: 3 });
    expect((await rig.commits(BOX)).map(({ rows }) => rows.map(({ id }) => id))).toEqual([
      ['default', 'RCSMessageStore'],
      ['c1'],
      ['m1'],
    ]);
  });
});

test('a conversation history is modified where its folder is not part of the change', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aConversation());
  const modification = { op: 'modify', type: 'conversationHistory', id: 'c1', data: { subject: 'Trip' } };
  expect(await rig.deposit(BOX, modification)).toEqual({
    results: [{ status: 'applied', modSeq: 3 }],
    modSeq: 3,
  });
});
