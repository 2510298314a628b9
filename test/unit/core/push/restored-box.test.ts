import { fanOut } from '../../../../core/push/fan-out.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { type ConnectedPhone, connectedPhone } from '../../../support/connected-phone.js';

let box: ConnectedPhone['box'];
let open: ConnectedPhone['open'];
let phone: ConnectedPhone['phone'];
let commitAndFanOut: ConnectedPhone['commitAndFanOut'];
let deliver: ConnectedPhone['deliver'];

beforeEach(async () => {
  ({ box, open, phone, commitAndFanOut, deliver } = await connectedPhone());
});

describe('a box that was restored to before where its devices stand', () => {
  beforeEach(async () => {
    await box.registry.patch(phone, {
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
      await box.registry.patch(phone, { set: { ...past, announcedModSeq: undefined, [field]: 4 } });
      box.clock.nowMs += 61_000;
      for (let i = 0; i < 2; i++) await box.deposit(BOX, aMessage());
      await fanOut(box.core, BOX, ...(await box.commits(BOX)).slice(-2));
      await deliver();
      expect(box.frames).toMatchObject([{ frame: { type: 'syncRequest', modSeq: 4 } }]);
    },
  );

  test('[PU9] tells a device that connects when it has grown to there again', async () => {
    box.pushes.length = 0;
    await box.registry.patch(phone, { set: { syncedModSeq: 3, announcedModSeq: undefined } });
    box.clock.nowMs += 61_000;
    await box.deposit(BOX, aMessage());
    await open('B');
    await deliver();
    expect(box.frames).toMatchObject([{ connectionId: 'B', frame: { type: 'syncRequest', modSeq: 3 } }]);
  });
});
