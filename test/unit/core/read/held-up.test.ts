import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX, removal } from '../../../support/builders.js';
import { told } from '../../../support/told.js';

test('[SY9] what was cleared away on the order of an earlier deletion holds up no device: its container is deleted', async () => {
  const box = new BoxUnderTest();
  const large = (id: string) => aMessage({ id, textContent: 'x'.repeat(40_000) });
  await box.given(aMessage({ id: 'm0' }));
  const phone = await box.device(BOX, 'phone');
  const { syncToken = '' } = await box.syncAll(phone);
  await box.given(removal('conversationHistory', 'c1'));
  for (const commit of await box.commits(BOX)) await schedulePurge(box.core, BOX, commit);
  box.clock.nowMs += 80_000;
  await box.given(large('m1'), large('m2')); // a new life
  box.clock.nowMs += 5_000;
  await box.given(removal('conversationHistory', 'c1'));
  box.clock.nowMs += 5_000;
  for (const order of box.purges.splice(0)) await purge(box.core, order); // 90 s after the first deletion
  box.clock.nowMs += 1_000;
  const response = await box.sync(phone, { syncToken });
  expect(told(response.changes)).toEqual(['conversationHistory c1 deleted']);
  expect(response).not.toHaveProperty('hasMore');
});
