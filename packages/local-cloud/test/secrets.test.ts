import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { openDataFolder } from '../src/data-folder.js';
import { generateSecretValue } from '../src/secrets/generate.js';
import { SecretStore } from '../src/secrets/secret-store.js';
import { secretsService } from '../src/secrets/secrets-service.js';
import { type ServicesServer, startServicesServer } from '../src/services/services-server.js';
import { secretsKinds } from '../src/template/kinds/secrets.js';
import { removeFolders, temporaryFolder } from './support/stack.js';

const secretSchema = secretsKinds['AWS::SecretsManager::Secret'].properties;
const generated = (settings: object) => {
  const { GenerateSecretString } = secretSchema.parse({ GenerateSecretString: settings });
  if (!GenerateSecretString) throw new Error('no settings');
  return generateSecretValue(GenerateSecretString);
};

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-abc123';
const secrets = [{ name: 'key', arn: ARN, initialValue: () => generated({ PasswordLength: 40 }) }];

let server: ServicesServer;
let client: SecretsManagerClient;
const get = (more: object = {}) => client.send(new GetSecretValueCommand({ SecretId: 'key', ...more }));

beforeEach(async () => {
  server = await startServicesServer();
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new SecretsManagerClient({ endpoint: server.url, region: 'us-east-1', credentials });
});
afterEach(async () => {
  client.destroy();
  await server.stop();
});
afterAll(removeFolders);

test('a generated value is read by name and by ARN, and has no previous version', async () => {
  server.use(secretsService(new SecretStore(secrets, undefined)));
  const { SecretString, VersionStages, ARN: arn } = await get();
  expect([SecretString?.length, VersionStages, arn]).toEqual([40, ['AWSCURRENT'], ARN]);
  expect((await get({ SecretId: ARN })).SecretString).toBe(SecretString);
  await expect(get({ VersionStage: 'AWSPREVIOUS' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(get({ SecretId: 'other' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a new value makes the current one the previous one', async () => {
  server.use(secretsService(new SecretStore(secrets, undefined)));
  const { SecretString: first } = await get();
  for (const SecretString of ['second', 'third']) {
    await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString }));
    if (SecretString === 'second')
      expect((await get({ VersionStage: 'AWSPREVIOUS' })).SecretString).toBe(first);
  }
  expect((await get()).SecretString).toBe('third');
  expect((await get({ VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('second');
});

test('values are kept in the data folder, readable by the owner only', async () => {
  const path = join(temporaryFolder(), 'data');
  const folder = await openDataFolder(path);
  const before = new SecretStore(secrets, folder);
  before.put('key', 'rotated');
  const after = new SecretStore(secrets, folder);
  expect(after.get('key', {}).version.value).toBe('rotated');
  expect(after.get('key', { stage: 'AWSPREVIOUS' }).version.value).toHaveLength(40);
  expect(statSync(join(path, 'secrets.json')).mode & 0o777).toBe(0o600);
  folder.release();
});

test('generated values match their settings', () => {
  expect(generated({})).toMatch(/^[!-~]{32}$/);
  expect(generated({ ExcludePunctuation: true, PasswordLength: 64 })).toMatch(/^[A-Za-z0-9]{64}$/);
  const digits = {
    ExcludeLowercase: true,
    ExcludeUppercase: true,
    ExcludePunctuation: true,
    ExcludeCharacters: '01',
  };
  expect(generated(digits)).toMatch(/^[2-9]{32}$/);
  const { user, password } = JSON.parse(
    generated({ SecretStringTemplate: '{"user":"me"}', GenerateStringKey: 'password', PasswordLength: 12 }),
  );
  expect([user, password.length]).toEqual(['me', 12]);
});
