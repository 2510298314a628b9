import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalCloudProblem } from '../src/problem.js';
import { urlRewriter } from '../src/template/local-urls.js';
import { nameInArn } from '../src/template/place.js';
import { resolveStack, stackNameOf } from '../src/template/stack.js';
import { readTemplate } from '../src/template/template-file.js';
import {
  aFunction,
  anHttpApi,
  aQueue,
  aTable,
  aWebSocketApi,
  removeFolders,
  temporaryFolder,
} from './support/stack.js';

const PLACE = {
  stackName: 'Test',
  region: 'us-east-1',
  account: '000000000000',
  servicesUrl: 'http://127.0.0.1:4000',
};
/** `${name}`, as Fn::Sub has it. */
const hole = (name: string) => `$\{${name}}`;
const untouched = (text: string) => text;

function templateOf(content: unknown) {
  const file = join(temporaryFolder(), 'Test.template.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readTemplate(file);
}

const stackOf = (content: object, rewrite = untouched) => resolveStack(templateOf(content), PLACE, rewrite);

/** The resolved value of an output. */
const outputOf = (Value: unknown, more: object = {}) =>
  stackOf({ Resources: { Inbox: aQueue(), Store: aTable() }, Outputs: { It: { Value } }, ...more }).outputs
    .It;

afterAll(removeFolders);

describe('intrinsic functions', () => {
  test.each([
    [{ Ref: 'Inbox' }, 'http://127.0.0.1:4000/000000000000/Test-Inbox'],
    [{ Ref: 'Store' }, 'Test-Store'],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ Ref: 'Size' }, '7'],
    [{ 'Fn::GetAtt': ['Inbox', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:Test-Inbox'],
    [
      { 'Fn::GetAtt': 'Store.StreamArn' },
      'arn:aws:dynamodb:us-east-1:000000000000:table/Test-Store/stream/local',
    ],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Store' }, 'z']] }, 'a-Test-Store-z'],
    [
      { 'Fn::Sub': `cdk-${hole('AWS::AccountId')}-${hole('Store.Arn')}-${hole('!kept')}` },
      `cdk-000000000000-arn:aws:dynamodb:us-east-1:000000000000:table/Test-Store-${hole('kept')}`,
    ],
    [{ 'Fn::Sub': [`${hole('greeting')} ${hole('Store')}`, { greeting: 'hello' }] }, 'hello Test-Store'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    [{ 'Fn::If': ['Wanted', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::If': ['Unwanted', 'yes', 'no'] }, 'no'],
    [{ 'Fn::FindInMap': ['Names', { Ref: 'AWS::Region' }, 'short'] }, 'use1'],
  ])('%j', (value, expected) => {
    const more = {
      Parameters: { Size: { Type: 'String', Default: '7' } },
      Mappings: { Names: { 'us-east-1': { short: 'use1' } } },
      Conditions: {
        Wanted: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
        Unwanted: { 'Fn::And': [{ Condition: 'Wanted' }, { 'Fn::Not': [{ Condition: 'Wanted' }] }] },
      },
    };
    expect(outputOf(value, more)).toBe(expected);
  });

  test('AWS::NoValue omits a property', () => {
    const Resources = { Inbox: aQueue({ DelaySeconds: { Ref: 'AWS::NoValue' } }) };
    expect(stackOf({ Resources }).resources('AWS::SQS::Queue')[0]?.properties.DelaySeconds).toBe(0);
  });

  test.each([
    [
      { 'Fn::ImportValue': 'other-stack' },
      'Outputs.It uses Fn::ImportValue, which the local cloud does not support',
    ],
    [{ Ref: 'Nobody' }, 'Outputs.It refers to Nobody, which is not in the template'],
    [
      { 'Fn::GetAtt': ['Store', 'Color'] },
      'Outputs.It refers to Store.Color, an attribute that the local cloud does not support',
    ],
    [
      '{{resolve:ssm:name}}',
      'Outputs.It has a {{resolve:…}} reference, which the local cloud does not support',
    ],
    [{ Ref: 'Given' }, 'Outputs.It refers to the parameter Given, which has no default'],
  ])('%j is an error', (value, fault) => {
    expect(() => outputOf(value, { Parameters: { Given: { Type: 'String' } } })).toThrow(
      new LocalCloudProblem(`Template: ${fault}`),
    );
  });
});

describe('the error names the part that is not supported', () => {
  test.each([
    [
      'a resource type',
      { Type: 'AWS::S3::Bucket' },
      'AWS::S3::Bucket "It": the local cloud does not support this resource type',
    ],
    [
      'a property',
      aQueue({ FifoQueue: true }),
      'AWS::SQS::Queue "It" has properties that the local cloud does not support: FifoQueue is not supported',
    ],
    [
      'a property in a property',
      aTable({ TimeToLiveSpecification: { Enabled: true, AttributeName: 'a', Grace: 1 } }),
      'AWS::DynamoDB::Table "It" has properties that the local cloud does not support: TimeToLiveSpecification.Grace is not supported',
    ],
    [
      'a value',
      aFunction('It', { Runtime: 'python3.13' }),
      'AWS::Lambda::Function "It" has properties that the local cloud does not support: Runtime: must be a Node.js runtime',
    ],
  ])('%s', (_what, resource, message) => {
    expect(() => stackOf({ Resources: { It: resource } })).toThrow(new LocalCloudProblem(message));
  });

  test('a section of the template', () => {
    expect(() => templateOf({ Resources: {}, Transform: 'AWS::Serverless-2016-10-31' })).toThrow(
      /Transform is not supported/,
    );
  });

  test('a template that is not JSON', () => {
    expect(() => templateOf('{ "Resources": ')).toThrow(/^The template .* cannot be read: /);
  });
});

test('properties that only AWS needs are ignored', () => {
  const Resources = {
    Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: {} } },
    Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { Threshold: 1 } },
    Store: aTable({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    Work: aFunction('Work', { Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, TracingConfig: { Mode: 'Active' } }),
  };
  const stack = stackOf({ Resources, Rules: { CheckBootstrapVersion: { Assertions: [] } } });
  expect(stack.resources('AWS::Lambda::Function').map(({ name }) => name)).toEqual(['Test-Work']);
});

test('a resource is omitted when its condition is false', () => {
  const Resources = { Inbox: { ...aQueue(), Condition: 'Never' }, Other: aQueue() };
  const stack = stackOf({ Resources, Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } });
  expect(stack.resources('AWS::SQS::Queue').map(({ logicalId }) => logicalId)).toEqual(['Other']);
});

test('long names are shortened to the limit of AWS and stay different', () => {
  const Resources = { [`${'L'.repeat(90)}A`]: aFunction('A'), [`${'L'.repeat(90)}B`]: aFunction('B') };
  const names = stackOf({ Resources })
    .resources('AWS::Lambda::Function')
    .map(({ name }) => name);
  expect(names.map(({ length }) => length)).toEqual([64, 64]);
  expect(new Set(names).size).toBe(2);
});

test('URLs of APIs and of the issuer are replaced by local ones, after they have been joined', () => {
  const host = (id: string) => [
    { Ref: id },
    '.execute-api.',
    { Ref: 'AWS::Region' },
    '.',
    { Ref: 'AWS::URLSuffix' },
  ];
  const join = (...parts: unknown[]) => ({ Value: { 'Fn::Join': ['', parts] } });
  const content = {
    Resources: {
      Work: aFunction('Work'),
      ...anHttpApi({ 'GET /a': { functionId: 'Work' } }),
      ...aWebSocketApi({ $default: 'Work' }),
    },
    Outputs: {
      Http: join('https://', ...host('Http'), '/v1'),
      Clients: join('wss://', ...host('Socket'), '/live'),
      Callback: join('https://', ...host('Socket'), '/live'),
      Endpoint: { Value: { 'Fn::GetAtt': ['Http', 'ApiEndpoint'] } },
      Issuer: { Value: 'https://cognito-idp.us-east-1.amazonaws.com/pool' },
      Arn: join(
        'arn:aws:execute-api:us-east-1:000000000000:',
        { Ref: 'Socket' },
        '/live/POST/@connections/*',
      ),
    },
  };
  const urls = { http: 'http://h', socket: 'ws://h/socket', services: 'http://s', issuer: 'http://h/issuer' };
  const { outputs } = stackOf(content, urlRewriter(stackOf(content), PLACE, urls));
  expect(outputs).toMatchObject({
    Http: 'http://h/v1',
    Clients: 'ws://h/socket',
    Callback: 'http://s',
    Endpoint: 'http://h',
    Issuer: 'http://h/issuer',
  });
  expect(outputs.Arn).toMatch(/^arn:aws:execute-api:us-east-1:000000000000:[a-z0-9]{10}\/live\//);
});

test('names', () => {
  expect(stackNameOf('/some/cdk.out/Orders.template.json')).toBe('Orders');
  expect(nameInArn('arn:aws:lambda:us-east-1:000000000000:function:Name')).toBe('Name');
  expect(nameInArn('arn:aws:dynamodb:us-east-1:000000000000:table/Name/stream/local')).toBe('Name');
  expect(nameInArn('arn:aws:sqs:us-east-1:000000000000:Name')).toBe('Name');
});
