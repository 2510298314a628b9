import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import type { Core } from '../../../core/ports/core.js';
import { synchronize } from '../../../core/read/synchronize.js';
import { SecretTokenKeys } from '../../../functions/runtime/aws/token-keys.js';
import { syncBodySchema } from '../../../protocol/sync.js';
import { aConversation, BOX } from '../../support/builders.js';
import { Rig } from '../../support/rig.js';

const MINUTE_MS = 60_000;

let rig: Rig;
let secrets: { AWSCURRENT: string; AWSPREVIOUS?: string };
let calls: number;
beforeEach(async () => {
  rig = new Rig();
  secrets = { AWSCURRENT: 'first' };
  calls = 0;
  await rig.deposit(BOX, aConversation());
});

const client = {
  send: async ({ input }: { input: { VersionStage: keyof typeof secrets } }) => {
    calls++;
    const SecretString = secrets[input.VersionStage];
    if (SecretString === undefined) throw new ResourceNotFoundException({ $metadata: {}, message: 'none' });
    return { SecretString };
  },
} as unknown as SecretsManagerClient;

/** A function instance, which keeps keys of its own. */
const anInstance = (): Core => ({
  ...rig.core,
  tokenKeys: new SecretTokenKeys(client, 'arn:secret', rig.clock),
});
const rotate = (next: string) => {
  secrets = { AWSCURRENT: next, AWSPREVIOUS: secrets.AWSCURRENT };
};

test('a function that read the key a minute before its rotation opens a token sealed with the new key', async () => {
  const phone = await rig.device(BOX, 'phone');
  const [early, late] = [anInstance(), anInstance()];
  const sync = (core: Core, syncToken?: string) =>
    synchronize(core, phone, syncBodySchema.parse(syncToken === undefined ? {} : { syncToken }));
  await sync(early); // reads the key
  rig.clock.nowMs += MINUTE_MS;
  rotate('second');
  const { syncToken } = await sync(late);
  const answer = await sync(early, syncToken);
  expect(answer).not.toHaveProperty('reset');
  expect(answer).not.toHaveProperty('changes');
});

test('a rotation resets no device, neither at once nor when all functions have read the new key', async () => {
  const phone = await rig.device(BOX, 'phone');
  const functions = [anInstance(), anInstance()];
  const sync = (core: Core, syncToken?: string) =>
    synchronize(core, phone, syncBodySchema.parse(syncToken === undefined ? {} : { syncToken }));
  let { syncToken } = await sync(functions[0] as Core);
  await sync(functions[1] as Core);
  rotate('second');
  for (let minute = 0; minute < 12; minute++) {
    for (const each of functions) {
      const answer = await sync(each, syncToken);
      expect(answer).not.toHaveProperty('reset');
      ({ syncToken } = answer);
    }
    rig.clock.nowMs += MINUTE_MS;
  }
});

test('a token of the key before is opened without a call', async () => {
  const phone = await rig.device(BOX, 'phone');
  const core = anInstance();
  const { syncToken } = await synchronize(core, phone, syncBodySchema.parse({}));
  rotate('second');
  rig.clock.nowMs += 6 * MINUTE_MS;
  await core.tokenKeys.keys();
  rig.clock.nowMs += MINUTE_MS;
  calls = 0;
  expect(await synchronize(core, phone, syncBodySchema.parse({ syncToken }))).not.toHaveProperty('reset');
  expect(calls).toBe(0);
});

test('tokens that no key opens make a function read the keys once in 10 s', async () => {
  const phone = await rig.device(BOX, 'phone');
  const core = anInstance();
  await core.tokenKeys.keys();
  rig.clock.nowMs += MINUTE_MS;
  calls = 0;
  const forged = Buffer.concat([Buffer.from([3]), Buffer.alloc(40, 7)]).toString('base64url');
  for (let second = 0; second < 20; second++) {
    await synchronize(core, phone, syncBodySchema.parse({ syncToken: forged }));
    rig.clock.nowMs += 1000;
  }
  expect(calls).toBe(2 * 2); // two reads of two stages each
});
