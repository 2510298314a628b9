import { contextOf, holderOf } from '../../../functions/runtime/websocket/ticket-holder.js';
import { deviceIdSchema, instanceIdSchema, userIdSchema } from '../../../protocol/ids.js';

test('ids of any characters come back from a context of plain strings', () => {
  const holder = {
    box: userIdSchema.parse('tel:+15550100'),
    deviceId: deviceIdSchema.parse('Zoës Händy 📱'),
    instanceId: instanceIdSchema.parse('"}{\\'),
  };
  const context = contextOf(holder);
  expect(Object.values(context)).toEqual([expect.stringMatching(/^[A-Za-z0-9_-]+$/)]);
  expect(holderOf(context)).toEqual(holder);
});

test.each([undefined, {}, { holder: '' }, { holder: Buffer.from('{"box":"a"}').toString('base64url') }])(
  'the context %j is not one of ours',
  (context) => {
    expect(() => holderOf(context)).toThrow('must have a holder');
  },
);
