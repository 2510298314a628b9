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

test('the store is keyed by box and sk, and its stream carries new images', () => {
  expect(resource(templateOf(), TABLE, 'TablesStore').Properties).toMatchObject({
    KeySchema: [
      { AttributeName: 'box', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'box', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
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
