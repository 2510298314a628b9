import { aMessage, BOX, stateChange } from '../../support/builders.js';
import { Rig } from '../../support/rig.js';

test('a deposited message reaches two devices', async () => {
  const rig = new Rig();
  const phone = await rig.device(BOX, 'phone');
  const tablet = await rig.device(BOX, 'tablet');
  const answer = await rig.deposit(BOX, aMessage({ id: 'm1' }));
  expect(answer).toEqual({ results: [{ status: 'applied', modSeq: 2 }], modSeq: 2 });
  const a = await rig.sync(phone);
  console.log(JSON.stringify(a, null, 1));
  const s2 = await rig.sync(phone, { syncToken: a.syncToken, operations: [stateChange('m1', { addFlags: ['\\Seen'] }, { n: 1 })] });
  console.log(JSON.stringify(s2));
  console.log(JSON.stringify(await rig.syncAll(tablet, { limit: 1 }), null, 1));
});
