import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecretTokenKeys } from '../../../functions/runtime/aws/token-keys.js';
import { clientOf, type Service, type ServiceAnswer, startService } from './service.js';

const MINUTE_MS = 60_000;
const clock = { nowMs: 0, now: () => clock.nowMs };
let secrets: Record<string, string | ServiceAnswer>;
let server: Service;
let keys: SecretTokenKeys;

const notFound: ServiceAnswer = {
  status: 400,
  body: { __type: 'ResourceNotFoundException', message: 'none' },
};
const broken: ServiceAnswer = { status: 400, body: { __type: 'InvalidRequestException', message: 'broken' } };

beforeEach(async () => {
  clock.nowMs = 1_000;
  secrets = { AWSCURRENT: 'Schlüssel' };
  server = await startService(({ body }) => {
    const secret = secrets[JSON.parse(body).VersionStage] ?? notFound;
    return typeof secret === 'string' ? { status: 200, body: { SecretString: secret } } : secret;
  });
  keys = new SecretTokenKeys(new SecretsManagerClient(clientOf(server)), 'arn:secret', clock);
});
afterEach(() => server.close());

const texts = async () => (await keys.keys()).map((key) => Buffer.from(key).toString('utf8'));

test('a secret that was never rotated is the one key, as UTF-8', async () => {
  expect(await keys.keys()).toEqual([new TextEncoder().encode('Schlüssel')]);
  expect(server.requests.map(({ body }) => JSON.parse(body).SecretId)).toEqual(['arn:secret', 'arn:secret']);
});

test('after a rotation the new key comes first, then the former one', async () => {
  secrets = { AWSCURRENT: 'new', AWSPREVIOUS: 'old' };
  expect(await texts()).toEqual(['new', 'old']);
});

test('keys are asked for once in five minutes, also by requests at the same time', async () => {
  await Promise.all([texts(), texts()]);
  clock.nowMs += 5 * MINUTE_MS - 1;
  secrets = { AWSCURRENT: 'new', AWSPREVIOUS: 'Schlüssel' };
  expect(await texts()).toEqual(['Schlüssel']);
  expect(server.requests).toHaveLength(2);
  clock.nowMs += 1;
  expect(await texts()).toEqual(['new', 'Schlüssel']);
});

test('a failure is thrown and not kept', async () => {
  secrets = { AWSCURRENT: broken };
  await expect(keys.keys()).rejects.toThrow('broken');
  secrets = { AWSCURRENT: 'back' };
  expect(await texts()).toEqual(['back']);
});

test('only the absence of the former key is no error', async () => {
  secrets = { AWSCURRENT: 'new', AWSPREVIOUS: broken };
  await expect(keys.keys()).rejects.toThrow('broken');
});
