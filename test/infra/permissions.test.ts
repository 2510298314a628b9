import { idsIn, resource, resourcesOf, templateOf } from './stack.js';

const template = templateOf();

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

const STORE_READ = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const REPLACE = ['dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem'];
const UPDATE_DEVICES = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'];
const COMMIT = [...STORE_READ, ...REPLACE];
const REGISTER = [...UPDATE_DEVICES, ...REPLACE];
const TAKE_MESSAGES = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
];
const SECRET = { TokenKey: ['secretsmanager:GetSecretValue'] };
const SEND = ['sqs:SendMessage'];
const SCHEDULE = { PushesQueue: SEND };
const MANAGE = ['execute-api:ManageConnections'];

/** What each function may do, by the resource it may do it to; nothing else. */
const ALLOWED: Record<string, Record<string, string[]>> = {
  FunctionsSync: { TablesStore: COMMIT, TablesRegistry: REGISTER, ...SECRET },
  FunctionsSocketSync: { TablesStore: COMMIT, TablesRegistry: REGISTER, ...SECRET },
  FunctionsDevices: {
    TablesStore: COMMIT,
    TablesRegistry: REGISTER,
    'SocketsApi/v1/DELETE/@connections/*': MANAGE,
  },
  FunctionsParticipating: { TablesStore: COMMIT, TablesRegistry: ['dynamodb:GetItem'] },
  FunctionsHistory: { TablesStore: STORE_READ, TablesRegistry: ['dynamodb:GetItem', 'dynamodb:Query'] },
  FunctionsAdmin: { TablesStore: COMMIT, TablesRegistry: REGISTER },
  FunctionsSocketAuthorizer: { TablesRegistry: ['dynamodb:DeleteItem', 'dynamodb:GetItem'] },
  FunctionsSocketConnection: {
    TablesStore: STORE_READ,
    TablesRegistry: UPDATE_DEVICES,
    ...SCHEDULE,
    'SocketsApi/v1/DELETE/@connections/*': MANAGE,
  },
  FunctionsSocketDefault: {},
  FunctionsFanOut: {
    TablesRegistry: UPDATE_DEVICES,
    ...SCHEDULE,
    ReapingQueue: SEND,
    TablesStoreStream: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    '*': ['dynamodb:ListStreams'], // knows no resource
    FanOutFailures: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
  },
  FunctionsNotifier: {
    TablesStore: STORE_READ,
    TablesRegistry: UPDATE_DEVICES,
    'SocketsApi/v1/POST/@connections/*': MANAGE,
    PushesQueue: TAKE_MESSAGES,
  },
  FunctionsReaper: { TablesStore: COMMIT, ReapingQueue: [...TAKE_MESSAGES, ...SEND] },
};

const STORE = ['STORE_TABLE', 'TablesStore'];
const REGISTRY = ['REGISTRY_TABLE', 'TablesRegistry'];
const TOKENS = ['TOKEN_SECRET_ID', 'TokenKey'];
const PUSHES = ['PUSH_QUEUE_URL', 'PushesQueue'];
const REAPING = ['REAP_QUEUE_URL', 'ReapingQueue'];
const CALLBACK = ['SOCKET_CALLBACK_URL', 'SocketsApi'];

/** What each function is told, and of which resource. */
const TOLD: Record<string, string[][]> = {
  FunctionsSync: [STORE, REGISTRY, TOKENS],
  FunctionsSocketSync: [STORE, REGISTRY, TOKENS],
  FunctionsDevices: [STORE, REGISTRY, CALLBACK, ['SOCKET_URL', 'SocketsApi']],
  FunctionsParticipating: [STORE, REGISTRY],
  FunctionsHistory: [STORE, REGISTRY],
  FunctionsAdmin: [STORE, REGISTRY],
  FunctionsSocketAuthorizer: [REGISTRY],
  FunctionsSocketConnection: [STORE, REGISTRY, PUSHES, CALLBACK],
  FunctionsSocketDefault: [],
  FunctionsFanOut: [REGISTRY, PUSHES, REAPING],
  FunctionsNotifier: [STORE, REGISTRY, CALLBACK],
  FunctionsReaper: [STORE, REAPING],
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

function allowedTo(functionId: string): Record<string, string[]> {
  const policies = Object.entries(resourcesOf(template, 'AWS::IAM::Policy'));
  const own = policies.filter(([id]) => id.startsWith(`${functionId}ServiceRole`));
  const allowed: Record<string, Set<string>> = {};
  for (const [, { Properties }] of own) {
    const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
    for (const { Action, Resource } of Statement) {
      for (const arn of Array.isArray(Resource) ? Resource : [Resource]) {
        const name = nameOf(arn);
        allowed[name] = new Set([...(allowed[name] ?? []), ...[Action].flat()]);
      }
    }
  }
  return Object.fromEntries(Object.entries(allowed).map(([name, actions]) => [name, [...actions].sort()]));
}

test('every function stands in the lists below', () => {
  const functions = Object.keys(resourcesOf(template, 'AWS::Lambda::Function')).map(withoutHash).sort();
  expect(functions).toEqual(Object.keys(ALLOWED).sort());
  expect(functions).toEqual(Object.keys(TOLD).sort());
});

test.each(Object.keys(ALLOWED))('%s may do what it needs, and nothing else', (functionId) => {
  const sorted = Object.entries(ALLOWED[functionId] ?? {}).map(([name, actions]) => [
    name,
    [...actions].sort(),
  ]);
  expect(allowedTo(functionId)).toEqual(Object.fromEntries(sorted));
});

test.each(Object.keys(TOLD))('%s is told of the resources it uses, and of no other', (functionId) => {
  const { Variables } = resource(template, 'AWS::Lambda::Function', functionId).Properties.Environment as {
    Variables: Record<string, unknown>;
  };
  const {
    POWERTOOLS_SERVICE_NAME,
    POWERTOOLS_LOG_LEVEL,
    POWERTOOLS_METRICS_NAMESPACE,
    NODE_OPTIONS,
    ...others
  } = Variables;
  expect(POWERTOOLS_SERVICE_NAME).toMatch(/^cpm-sync-[a-z-]+$/);
  expect(POWERTOOLS_LOG_LEVEL).toBe('INFO');
  expect(POWERTOOLS_METRICS_NAMESPACE).toBe('cpm-sync-dev'); // the same in all functions: each one more is billed
  expect(NODE_OPTIONS).toBe('--enable-source-maps');
  const told = Object.entries(others).map(([name, value]) => [
    name,
    ...idsIn(value)
      .filter((id) => !id.startsWith('AWS::'))
      .map(withoutHash),
  ]);
  expect(told.sort()).toEqual([...(TOLD[functionId] ?? [])].sort());
});

test('no action of any policy has a wildcard', () => {
  for (const { Properties } of Object.values(resourcesOf(template, 'AWS::IAM::Policy'))) {
    const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
    for (const action of Statement.flatMap(({ Action }) => Action)) expect(action).not.toContain('*');
  }
});

test('functions run on the current Node on arm64, with time, memory and kept logs stated', () => {
  const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function'));
  const logGroups = resourcesOf(template, 'AWS::Logs::LogGroup');
  expect(functions).toHaveLength(12);
  for (const { Properties } of functions) {
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: expect.any(Number),
      MemorySize: expect.any(Number),
    });
    const [logGroup] = idsIn(Properties.LoggingConfig);
    expect(logGroups[String(logGroup)]?.Properties.RetentionInDays).toBe(14);
  }
});
