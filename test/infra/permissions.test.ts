import { idsIn, OWN_ISSUER, resource, resourcesOf, templateOf } from './stack.js';

const template = templateOf();

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const READ = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const APPLY = ['dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const REMOVE = ['dynamodb:PartiQLDelete'];
const COMMIT = [...READ, ...APPLY];
const UPDATE_DEVICES = [...READ, 'dynamodb:UpdateItem'];
const TAKE_MESSAGES = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const SECRET = { TokenKey: ['secretsmanager:GetSecretValue'] };
const SEND = ['sqs:SendMessage'];
const SCHEDULE = { PushesQueue: SEND };
const MANAGE = ['execute-api:ManageConnections'];
const READ_STREAM = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
/** A part of the registry, by the beginning of its partition keys. */
const registryOf = (...prefixes: string[]) =>
  `TablesRegistry where ForAllValues:StringLike dynamodb:LeadingKeys ${prefixes.join('|')}`;
const POLICIES = registryOf('P#*');
const BOXES = registryOf('B#*');
const TICKETS = registryOf('T#*');
/** Commits, and applies what was committed to items of boxes and devices. */
const COMMITS = { TablesStore: COMMIT, [POLICIES]: ['dynamodb:GetItem'], [BOXES]: COMMIT };
const TRACE = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments']; // know no resource

/** All rights of each function beside logs and traces, by resource. */
const ALLOWED: Record<string, Record<string, string[]>> = {
  Sync: { ...COMMITS, ...SECRET },
  SocketSync: { ...COMMITS, ...SECRET },
  Devices: {
    ...COMMITS,
    [BOXES]: [...COMMIT, ...REMOVE],
    [TICKETS]: ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
    'SocketsApi/v1/DELETE/@connections/*': MANAGE,
  },
  Participating: {
    TablesStore: COMMIT,
    [POLICIES]: ['dynamodb:GetItem'],
    [BOXES]: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
  },
  History: { TablesStore: READ, TablesRegistry: READ },
  Admin: {
    ...COMMITS,
    [POLICIES]: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    [BOXES]: [...COMMIT, ...REMOVE],
    ErasingQueue: SEND,
    'SocketsApi/v1/DELETE/@connections/*': MANAGE,
  },
  SocketAuthorizer: { TablesRegistry: ['dynamodb:DeleteItem', 'dynamodb:GetItem'] },
  SocketConnection: {
    TablesStore: READ,
    TablesRegistry: UPDATE_DEVICES,
    ...SCHEDULE,
    'SocketsApi/v1/DELETE/@connections/*': MANAGE,
  },
  SocketDefault: {},
  FanOut: {
    TablesRegistry: UPDATE_DEVICES,
    ...SCHEDULE,
    PurgingQueue: SEND,
    TablesStoreStream: READ_STREAM,
    '*': ['dynamodb:ListStreams'], // knows no resource
    FanOutFailures: SEND,
  },
  Notifier: {
    TablesStore: READ,
    TablesRegistry: UPDATE_DEVICES,
    'SocketsApi/v1/POST/@connections/*': MANAGE,
    PushesQueue: [...TAKE_MESSAGES, 'sqs:ChangeMessageVisibility'],
  },
  Purger: { ...COMMITS, PurgingQueue: [...TAKE_MESSAGES, ...SEND] },
  Projector: {
    ...COMMITS,
    TablesStoreStream: READ_STREAM,
    '*': ['dynamodb:ListStreams'],
    ProjectorFailures: SEND,
  },
  Eraser: {
    ...COMMITS,
    TablesStore: [...COMMIT, ...REMOVE],
    [registryOf('B#*', 'T#*')]: ['dynamodb:DeleteItem', 'dynamodb:Query', ...REMOVE],
    'SocketsApi/v1/DELETE/@connections/*': MANAGE,
    ErasingQueue: [...TAKE_MESSAGES, ...SEND],
  },
};

const STORE = [['STORE_TABLE', 'TablesStore'], ['TIMELINE']];
const REGISTRY = ['REGISTRY_TABLE', 'TablesRegistry'];
const TOKENS = ['TOKEN_SECRET_ID', 'TokenKey'];
const PUSHES = ['PUSH_QUEUE_URL', 'PushesQueue'];
const PURGING = ['PURGE_QUEUE_URL', 'PurgingQueue'];
const ERASING = ['ERASE_QUEUE_URL', 'ErasingQueue'];
const CALLBACK = ['SOCKET_CALLBACK_URL', 'SocketsApi'];

/** The variables of each function, and the resource that each refers to. */
const TOLD: Record<string, string[][]> = {
  Sync: [...STORE, REGISTRY, TOKENS],
  SocketSync: [...STORE, REGISTRY, TOKENS],
  Devices: [...STORE, REGISTRY, CALLBACK, ['SOCKET_URL', 'SocketsApi']],
  Participating: [...STORE, REGISTRY],
  History: [...STORE, REGISTRY],
  Admin: [...STORE, REGISTRY, ERASING, CALLBACK],
  SocketAuthorizer: [REGISTRY],
  SocketConnection: [...STORE, REGISTRY, PUSHES, CALLBACK],
  SocketDefault: [],
  FanOut: [REGISTRY, PUSHES, PURGING],
  Notifier: [...STORE, REGISTRY, PUSHES, CALLBACK],
  Purger: [...STORE, REGISTRY, PURGING],
  Projector: [...STORE, REGISTRY],
  Eraser: [...STORE, REGISTRY, ERASING, CALLBACK, ['ERASE_SETTLE_SECONDS']],
};

const withoutHash = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

/** A resource of a statement by a name to compare: logical id, and what the ARN says beside it. */
function nameOf(arn: unknown): string {
  if (arn === '*') return '*';
  const ids = idsIn(arn).filter((id) => !id.startsWith('AWS::'));
  const text = JSON.stringify(arn);
  const path = /"(\/v1\/[^"]*)"/.exec(text)?.[1] ?? '';
  return withoutHash(ids[0] ?? text) + (text.includes('StreamArn') ? 'Stream' : '') + path;
}

/** Shape: ` where StringLike dynamodb:LeadingKeys P#*`; references by the logical id. */
function conditionOf(condition: unknown): string {
  if (condition === undefined) return '';
  const parts = Object.entries(condition as Record<string, Record<string, unknown>>).flatMap(
    ([operator, keys]) => Object.entries(keys).map(([key, value]) => `${operator} ${key} ${textOf(value)}`),
  );
  return ` where ${parts.join(' and ')}`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('|');
  const joined = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
  if (joined) return joined[1].map((part) => (typeof part === 'string' ? part : '…')).join(joined[0]);
  return String(value);
}

/** Every statement of a function's role, by resource and condition. */
function allowedTo(name: string, of = template): Record<string, string[]> {
  const { ManagedPolicyArns, Policies } = resource(of, 'AWS::IAM::Role', `Functions${name}Role`).Properties;
  expect([ManagedPolicyArns, Policies]).toEqual([undefined, undefined]);
  const policies = Object.entries(resourcesOf(of, 'AWS::IAM::Policy')).filter(([, { Properties }]) =>
    idsIn(Properties.Roles).some((id) => withoutHash(id) === `Functions${name}Role`),
  );
  const allowed: Record<string, Set<string>> = {};
  for (const [, { Properties }] of policies) {
    const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
    for (const { Effect, Action, Resource, Condition } of Statement) {
      expect(Effect).toBe('Allow');
      for (const arn of [Resource].flat()) {
        const to = nameOf(arn) + conditionOf(Condition);
        allowed[to] = new Set([...(allowed[to] ?? []), ...[Action].flat()]);
      }
    }
  }
  return Object.fromEntries(Object.entries(allowed).map(([to, actions]) => [to, [...actions].sort()]));
}

/** The rights in the list, and those that every function has. */
function expectedOf(name: string): Record<string, string[]> {
  const own = ALLOWED[name] ?? {};
  const expected = {
    ...own,
    [`Functions${name}Log`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    '*': [...(own['*'] ?? []), ...TRACE],
  };
  return Object.fromEntries(Object.entries(expected).map(([to, actions]) => [to, [...actions].sort()]));
}

test('every function stands in the lists above', () => {
  const functions = Object.keys(resourcesOf(template, 'AWS::Lambda::Function')).sort();
  expect(functions).toEqual(
    Object.keys(ALLOWED)
      .map((name) => `${name}Function`)
      .sort(),
  );
  expect(Object.keys(TOLD).sort()).toEqual(Object.keys(ALLOWED).sort());
});

test.each(Object.keys(ALLOWED))(
  '%s has a role of its own, may do what it needs, and nothing else',
  (name) => {
    const { Role } = resource(template, 'AWS::Lambda::Function', `${name}Function`).Properties;
    expect(idsIn(Role).map(withoutHash)).toEqual([`Functions${name}Role`]);
    expect(allowedTo(name)).toEqual(expectedOf(name));
  },
);

describe('with a key of the customer', () => {
  const encrypted = templateOf({ ...OWN_ISSUER, encryption: 'customer' });
  const through = (service: string) => `DataKey where StringEquals kms:ViaService ${service}.….amazonaws.com`;
  const READ = ['kms:Decrypt', 'kms:DescribeKey'];
  const WRITE = [
    ...READ,
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ];
  const TABLE = { [through('dynamodb')]: WRITE };
  const OPEN_TOKEN_KEY = { [through('secretsmanager')]: READ };
  const PUT_INTO_QUEUE = { [through('sqs')]: ['kms:Decrypt', 'kms:GenerateDataKey'] };

  const OPENS: Record<string, Record<string, string[]>> = {
    Sync: { ...TABLE, ...OPEN_TOKEN_KEY },
    SocketSync: { ...TABLE, ...OPEN_TOKEN_KEY },
    Devices: TABLE,
    Participating: TABLE,
    History: { [through('dynamodb')]: READ },
    Admin: { ...TABLE, ...PUT_INTO_QUEUE },
    SocketAuthorizer: TABLE,
    SocketConnection: { ...TABLE, ...PUT_INTO_QUEUE },
    SocketDefault: {},
    FanOut: { ...TABLE, ...PUT_INTO_QUEUE },
    Notifier: { ...TABLE, [through('sqs')]: READ },
    Purger: { ...TABLE, [through('sqs')]: [...READ, 'kms:GenerateDataKey'] },
    Projector: { ...TABLE, ...PUT_INTO_QUEUE },
    Eraser: { ...TABLE, [through('sqs')]: [...READ, 'kms:GenerateDataKey'] },
  };

  test.each(Object.keys(ALLOWED))(
    '%s may use it through the services that keep its data, and not more',
    (name) => {
      const opens = Object.entries(OPENS[name] ?? {}).map(([to, actions]) => [to, [...actions].sort()]);
      expect(allowedTo(name, encrypted)).toEqual({ ...expectedOf(name), ...Object.fromEntries(opens) });
    },
  );

  test('tables, queues, the token key and all logs are encrypted with it; it is rotated, and kept on stage prod', () => {
    const prod = templateOf({ stage: 'prod', encryption: 'customer' });
    const key = resource(prod, 'AWS::KMS::Key', 'DataKey');
    expect(key.Properties.EnableKeyRotation).toBe(true);
    expect(key.DeletionPolicy).toBe('Retain');
    const keyOf = (type: string, member: string) =>
      Object.values(resourcesOf(prod, type)).map(({ Properties }) =>
        idsIn(Properties[member]).map(withoutHash),
      );
    const all = [
      ...keyOf('AWS::DynamoDB::Table', 'SSESpecification'),
      ...keyOf('AWS::SQS::Queue', 'KmsMasterKeyId'),
      ...keyOf('AWS::SecretsManager::Secret', 'KmsKeyId'),
      ...keyOf('AWS::Logs::LogGroup', 'KmsKeyId'),
    ];
    expect(all.length).toBeGreaterThan(20);
    expect(new Set(all.flat())).toEqual(new Set(['DataKey']));
    expect(all.filter((ids) => ids.length !== 1)).toEqual([]);
  });

  test('without it nothing in the template speaks of a key', () => {
    expect(JSON.stringify(template.toJSON())).not.toContain('AWS::KMS');
  });
});

test.each(Object.keys(TOLD))('%s is told of the resources it uses, and of no other', (name) => {
  const { Variables } = resource(template, 'AWS::Lambda::Function', `${name}Function`).Properties
    .Environment as { Variables: Record<string, unknown> };
  const { SERVICE_NAME, LOG_LEVEL, METRICS_NAMESPACE, NODE_OPTIONS, ...others } = Variables;
  expect(SERVICE_NAME).toMatch(/^cpm-sync-[a-z-]+$/);
  expect(LOG_LEVEL).toBe('INFO');
  expect(METRICS_NAMESPACE).toBe('cpm-sync-dev'); // the same in all functions: each one more is billed
  expect(NODE_OPTIONS).toBe('--enable-source-maps');
  const told = Object.entries(others).map(([variable, value]) => [
    variable,
    ...idsIn(value)
      .filter((id) => !id.startsWith('AWS::'))
      .map(withoutHash),
  ]);
  expect(told.sort()).toEqual([...(TOLD[name] ?? [])].sort());
});

test('no function may write a transaction, scan a table or read it by statements', () => {
  const actions = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).flatMap(({ Properties }) =>
    (Properties.PolicyDocument as { Statement: Statement[] }).Statement.flatMap(({ Action }) => Action),
  );
  expect(actions.filter((action) => /Scan|PartiQLSelect|ConditionCheck|BatchWrite/.test(action))).toEqual([]);
});

test('no action of any policy has a wildcard', () => {
  for (const { Properties } of Object.values(resourcesOf(template, 'AWS::IAM::Policy'))) {
    const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
    for (const action of Statement.flatMap(({ Action }) => Action)) expect(action).not.toContain('*');
  }
});
