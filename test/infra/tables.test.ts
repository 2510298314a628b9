import { OWN_ISSUER, resource, resourcesOf, templateOf } from './stack.js';

const TABLE = 'AWS::DynamoDB::Table';

test('there are two tables, without secondary index', () => {
  const tables = Object.values(resourcesOf(templateOf(), TABLE));
  expect(tables).toHaveLength(2);
  for (const { Properties } of tables) {
    expect(Properties).not.toHaveProperty('GlobalSecondaryIndexes');
    expect(Properties).not.toHaveProperty('LocalSecondaryIndexes');
  }
});

test('the store is keyed by box and sk, and its stream carries new images and old ones', () => {
  expect(resource(templateOf(), TABLE, 'TablesStore').Properties).toMatchObject({
    KeySchema: [
      { AttributeName: 'box', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'box', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
});

test('the registry is keyed by pk and sk, and has no stream', () => {
  const { Properties } = resource(templateOf(), TABLE, 'TablesRegistry');
  expect(Properties.KeySchema).toEqual([
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ]);
  expect(Properties).not.toHaveProperty('StreamSpecification');
});

test.each(['TablesStore', 'TablesRegistry'])(
  '%s expires items, can be restored to a point in time, and is paid by request',
  (id) => {
    expect(resource(templateOf(), TABLE, id).Properties).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
  },
);

test.each([
  ['dev', 'Delete', false],
  ['prod', 'Retain', true],
])('on stage %s a deleted stack leaves its tables to policy %s', (stage, policy, isProtected) => {
  for (const table of Object.values(resourcesOf(templateOf({ ...OWN_ISSUER, stage }), TABLE))) {
    expect(table.DeletionPolicy).toBe(policy);
    expect(table.Properties.DeletionProtectionEnabled).toBe(isProtected);
  }
});

test('the token key is generated with 64 characters, and kept on stage prod', () => {
  const secret = resource(
    templateOf({ ...OWN_ISSUER, stage: 'prod' }),
    'AWS::SecretsManager::Secret',
    'TokenKey',
  );
  expect(secret.Properties.GenerateSecretString).toMatchObject({ PasswordLength: 64 });
  expect(secret.DeletionPolicy).toBe('Retain');
});

describe('with tables that were restored from a backup', () => {
  const restored = {
    storeTable: 'store-restored',
    storeStreamArn:
      'arn:aws:dynamodb:eu-central-1:123456789012:table/store-restored/stream/2026-11-24T08:00:00.000',
    registryTable: 'registry-restored',
  };

  test('the stack makes none, and everything that uses tables uses these', () => {
    const template = templateOf({ ...OWN_ISSUER, ...restored, timeline: '1' });
    expect(resourcesOf(template, TABLE)).toEqual({});
    const { Properties } = resource(template, 'AWS::Lambda::Function', 'SyncFunction');
    expect(Properties.Environment).toMatchObject({
      Variables: { STORE_TABLE: 'store-restored', REGISTRY_TABLE: 'registry-restored' },
    });
    for (const reader of ['FunctionsFanOut', 'FunctionsProjector']) {
      const mapping = resource(template, 'AWS::Lambda::EventSourceMapping', reader);
      expect(mapping.Properties.EventSourceArn).toBe(restored.storeStreamArn);
    }
    const policies = JSON.stringify(resourcesOf(template, 'AWS::IAM::Policy'));
    expect(policies).toContain(':table/store-restored"');
    expect(policies).toContain(':table/registry-restored"');
    expect(policies).toContain(restored.storeStreamArn);
    expect(template.findOutputs('StoreTable')).toMatchObject({ StoreTable: { Value: 'store-restored' } });
  });

  test('without a timeline they are refused', () => {
    expect(() => templateOf({ ...OWN_ISSUER, ...restored })).toThrow(
      'The timeline of restored tables must be higher than before: use -c timeline=1 or more.',
    );
  });

  test.each(Object.keys(restored))('%s alone is refused', (name) => {
    const only = { [name]: restored[name as keyof typeof restored] };
    expect(() => templateOf({ ...OWN_ISSUER, ...only })).toThrow(
      'storeTable, storeStreamArn and registryTable must be given together: give all three, or none.',
    );
  });
});
