import { aConversation, aMessage, BOX } from '../../../support/builders.js';
import { Rig } from '../../../support/rig.js';

test('ids whose order in UTF-8 is not their order in UTF-16 do not hold up a backfill of a young commit', async () => {
  const rig = new Rig();
  const phone = await rig.device(BOX, 'phone');
  await rig.deposit(BOX, aConversation());
  const ids = ['\u{1F600}', '\uFF5E', 'm'];
  await rig.deposit(BOX, ...ids.map((id) => aMessage({ id, seed: false })));
  const { changes } = await rig.syncAll(phone, { limit: 1 });
  expect(changes.filter(({ type }) => type === 'message').map(({ id }) => id)).toEqual(ids);
  expect(rig.clock.sleptMs).toBe(0);
});
