import { CONVERSATIONS } from '../../../../core/model/keys.js';
import type { Range } from '../../../../core/ports/store.js';
import type { Change } from '../../../../protocol/elements/element.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  modification,
  moved,
  removal,
} from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

/** Others commit, and the view follows, just when a backfill reads conversation histories. */
class Overtaken extends MemoryStore {
  commit: (() => Promise<unknown>) | undefined;
  when: 'before' | 'behind' = 'behind';

  override async query(box: typeof BOX, range: Range) {
    const { commit, when } = this;
    if (!commit || range.from !== CONVERSATIONS || !range.descending) return super.query(box, range);
    this.commit = undefined;
    if (when === 'before') await commit();
    const read = await super.query(box, range);
    if (when === 'behind') await commit();
    return read;
  }
}

let store: Overtaken;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new Overtaken();
  box = new BoxUnderTest(store);
  await box.given(aFolder('f1'), aFolder('f2'), aConversation({ folderId: 'f1' }));
  await box.given(aMessage({ id: 'm1', seed: false, flags: ['x'] }), aMessage({ id: 'm2', seed: false }));
});

/** The changes of an initial synchronization and the next one, and the elements that they remove in the end. */
const initially = async (preferences: object, ...operations: object[]) => {
  const phone = await box.device(BOX, 'phone', preferences as never);
  const first = await box.sync(phone, { limit: 5 });
  store.commit = async () => {
    await box.given(...operations);
    await box.projected(BOX);
  };
  const filled = await box.syncAll(phone, { syncToken: first.syncToken });
  expect(store.commit).toBeUndefined();
  const then = await box.syncAll(phone, {
    ...(filled.syncToken !== undefined && { syncToken: filled.syncToken }),
  });
  const rest = [...filled.changes, ...then.changes];
  const removed = (change: Change) => 'removed' in change;
  return {
    sent: new Set([...(first.changes ?? []), ...rest].filter((each) => !removed(each)).map(({ id }) => id)),
    removed: rest.filter(removed).map(({ id }) => id),
  };
};

describe.each(['before', 'behind'] as const)('%s the conversation histories are read', (when) => {
  beforeEach(() => {
    store.when = when;
  });

  test.each([
    ['everything', {}],
    ['both folders', { folders: ['f1', 'f2'] }],
    ['contents alone', { elementTypes: ['folder', 'message', 'messageState'] }],
  ])(
    '[SY15] what moved out of a folder that the same request deleted arrives meanwhile, with a scope of %s',
    async (_, scope) => {
      const { sent, removed } = await initially(scope, moved('c1', 'f2'), removal('folder', 'f1'));
      expect(sent).toContain('m1');
      expect(sent).toContain('m2');
      expect(removed).toEqual(['f1']);
    },
  );

  test.each([
    ['everything', {}],
    ['both folders', { folders: ['f1', 'f2'] }],
  ])('[SY15] also what the same request wrote into it, with a scope of %s', async (_, scope) => {
    const { sent } = await initially(
      scope,
      moved('c1', 'f2'),
      modification('messageState', 'm2', { addFlags: ['y'] }),
      aMessage({ id: 'm3', seed: false }),
      removal('folder', 'f1'),
    );
    expect([...sent]).toEqual(expect.arrayContaining(['c1', 'm1', 'm2', 'm3']));
  });

  test.each([
    ['everything', {}, ['f1']],
    ['both folders', { folders: ['f1', 'f2'] }, ['f1']],
    ['contents alone', { elementTypes: ['folder', 'message', 'messageState'] }, ['c1', 'f1']],
  ])(
    '[SC12] what was in a folder that was deleted meanwhile goes with it, with a scope of %s',
    async (_, scope, gone) => {
      const { removed } = await initially(
        scope,
        modification('message', 'm1', { subject: 'x' }),
        removal('folder', 'f1'),
      );
      expect(removed.sort()).toEqual(gone);
    },
  );
});
