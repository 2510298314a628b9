import type { Caller } from '../../../../core/commit/commit-operations.js';
import { connected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import type { DeviceRecord } from '../../../../core/registry.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aMessage, BOX } from '../../../support/builders.js';

let box: BoxUnderTest;
let phone: Caller;

beforeEach(async () => {
  box = new BoxUnderTest();
  phone = await box.device(BOX, 'phone', { pushWindowMs: 5000 });
  await box.given(aConversation());
  await box.syncAll(phone);
  await open('A');
  box.clock.nowMs += 60_000;
});

const open = async (id: string, who = phone) => {
  box.open.add(id);
  return connected(box.core, who, { id, atMs: box.clock.nowMs });
};
const record = async () => (await box.registry.device(BOX, phone.deviceId)) as DeviceRecord;
const commitAndFanOut = async () => {
  await box.given(aMessage());
  const commit = (await box.commits(BOX)).at(-1);
  if (commit) await fanOut(box.core, BOX, commit);
};
/** The next message of the queue, at the time at which it comes. */
const deliver = async () => {
  const [next] = box.pushes.splice(0, 1);
  if (!next) throw new Error('the queue is empty');
  box.clock.nowMs += next.delaySeconds * 1000;
  await notify(box.core, next.message);
  return next.message;
};

describe('a box that was restored to before where its devices stand', () => {
  beforeEach(async () => {
    await box.registry.patch(await record(), {
      set: { syncedModSeq: 900, syncedAtMs: box.clock.nowMs, announcedModSeq: 900 },
    });
  });

  test('[PU1] announces what is committed from then on', async () => {
    box.clock.nowMs += 61_000;
    await commitAndFanOut();
    await deliver();
    expect(box.frames).toMatchObject([{ frame: { type: 'syncRequest', modSeq: 3 } }]);
  });

  test('[PU9] tells a device that connects', async () => {
    box.pushes.length = 0;
    await open('B');
    await deliver();
    expect(box.frames).toMatchObject([{ connectionId: 'B', frame: { type: 'syncRequest', modSeq: 2 } }]);
  });

  test.each(['syncedModSeq', 'announcedModSeq'] as const)(
    '[PU1] announces what is committed until it has grown to there again (%s)',
    async (field) => {
      const past = { syncedModSeq: 1, syncedAtMs: box.clock.nowMs, lastPushAtMs: box.clock.nowMs };
      await box.registry.patch(await record(), { set: { ...past, announcedModSeq: undefined, [field]: 4 } });
      box.clock.nowMs += 61_000;
      for (let i = 0; i < 2; i++) await box.deposit(BOX, aMessage());
      await fanOut(box.core, BOX, ...(await box.commits(BOX)).slice(-2));
      await deliver();
      expect(box.frames).toMatchObject([{ frame: { type: 'syncRequest', modSeq: 4 } }]);
    },
  );

  test('[PU9] tells a device that connects when it has grown to there again', async () => {
    box.pushes.length = 0;
    await box.registry.patch(await record(), { set: { syncedModSeq: 3, announcedModSeq: undefined } });
    box.clock.nowMs += 61_000;
    await box.deposit(BOX, aMessage());
    await open('B');
    await deliver();
    expect(box.frames).toMatchObject([{ connectionId: 'B', frame: { type: 'syncRequest', modSeq: 3 } }]);
  });
});
