import { assignToDevice } from '../../../../core/admin/policies.js';
import { BOX } from '../../../support/builders.js';
import { ScopedDevice } from '../../../support/scoped-device.js';

let at: ScopedDevice;

beforeEach(async () => {
  at = await ScopedDevice.open();
});

describe('a policy that changes', () => {
  const policy = async (limits: object, id = 'default') => {
    await at.box.registry.putPolicy(id as never, limits);
    at.box.clock.nowMs += 1000;
  };

  test('[PO5] narrows and widens the scope like preferences do, with effective', async () => {
    await at.from({});
    await policy({ maxMessageAgeDays: { 'file-message': 30 } });
    const narrowed = await at.following();
    expect(narrowed.changes).toEqual([]);
    expect(narrowed.pages[0]?.effective?.maxMessageAgeDays).toEqual({ 'file-message': 30 });
    await policy({});
    const widened = await at.following();
    expect(widened.changes).toEqual(
      ['c1', 'c2'].flatMap((c) => [`message old ${c}`, `messageState old ${c}`]).sort(),
    );
    expect(widened.pages[0]?.effective?.maxMessageAgeDays).toEqual({});
  });

  test('[PO5] cannot widen what preferences leave out', async () => {
    await at.from({ elementTypes: ['folder'] });
    await policy({ elementTypes: ['folder', 'message'] });
    expect((await at.following()).pages).toEqual([{ syncToken: at.token }]);
  });

  test('holds within a second', async () => {
    await at.from({});
    await at.box.registry.putPolicy('default' as never, { elementTypes: ['folder'] });
    at.box.clock.nowMs += 1000;
    expect((await at.following()).pages[0]?.effective?.elementTypes).toEqual(['folder']);
  });

  test('[PO8] sets the timer of the periodic synchronization', async () => {
    await policy({ syncTimerSeconds: 77 });
    at.phone = await at.box.device(BOX, 'phone');
    expect((await at.box.sync(at.phone, {})).nextSyncAfterSeconds).toBe(77);
  });

  test('[PO8, PO4] of the device itself sets its timer, beside that of its box', async () => {
    await policy({ syncTimerSeconds: 77 });
    await policy({ syncTimerSeconds: 300 }, 'own');
    at.phone = await at.box.device(BOX, 'phone');
    await assignToDevice(at.box.core, BOX, at.phone.deviceId, 'own' as never);
    at.box.clock.nowMs += 1000;
    expect((await at.box.sync(at.phone, {})).nextSyncAfterSeconds).toBe(300);
  });

  test('and registrations at once both count: what lost the race is decided again', async () => {
    await at.from({});
    await policy({ maxTextBytes: 80 });
    const { store } = at.box;
    const append = store.append.bind(store);
    store.append = async (...args) => {
      store.append = append;
      await at.box.device(BOX, 'phone', { folders: ['f1'] } as never);
      return append(...args);
    };
    const { pages, changes } = await at.following();
    expect(pages[0]?.effective).toMatchObject({ folders: ['f1'], maxTextBytes: 80 });
    expect(changes).toEqual(['conversationHistory c2 outOfScope']);
  });

  test('[SC7] is an entry of the log, which is made once and has no modSeq', async () => {
    await at.from({});
    await policy({ maxTextBytes: 80 });
    const before = await at.box.head();
    for (let i = 0; i < 3; i++) await at.following();
    const { index, modSeq } = await at.box.head();
    expect([index - before.index, modSeq - before.modSeq]).toEqual([1, 0]);
  });
});
