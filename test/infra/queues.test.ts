import { sampleEvent } from '../../bench/support/sample-events.js';
import { idsIn, OWN_ISSUER, type Resource, resource, resourcesOf, templateOf } from './stack.js';

const QUEUE = 'AWS::SQS::Queue';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const template = templateOf({ ...OWN_ISSUER, stage: 'prod' });

const mappingOf = (functionIdPrefix: string): Resource => resource(template, MAPPING, functionIdPrefix);

test.each([
  ['PushesQueue', 'PushesDeadLetters'],
  ['PurgingQueue', 'PurgingDeadLetters'],
  ['ErasingQueue', 'ErasingDeadLetters'],
])('what %s delivered five times in vain goes to %s', (queue, deadLetters) => {
  const { RedrivePolicy } = resource(template, QUEUE, queue).Properties as {
    RedrivePolicy: { deadLetterTargetArn: unknown; maxReceiveCount: number };
  };
  expect(RedrivePolicy.maxReceiveCount).toBe(5);
  expect(idsIn(RedrivePolicy.deadLetterTargetArn)).toEqual([expect.stringContaining(deadLetters)]);
});

test.each([
  ['PushesQueue', 'NotifierFunction'],
  ['PurgingQueue', 'PurgerFunction'],
  ['ErasingQueue', 'EraserFunction'],
])('%s hides a message for more than six times the time of %s', (queue, consumer) => {
  const visibility = resource(template, QUEUE, queue).Properties.VisibilityTimeout as number;
  const timeout = resource(template, 'AWS::Lambda::Function', consumer).Properties.Timeout as number;
  expect(visibility).toBeGreaterThan(6 * timeout);
});

test.each([
  'PushesDeadLetters',
  'PurgingDeadLetters',
  'ErasingDeadLetters',
  'FanOutFailures',
  'ProjectorFailures',
])('%s keeps what failed for 14 days, and an alarm watches it', (id) => {
  const [queueId, queue] =
    Object.entries(resourcesOf(template, QUEUE)).find(([found]) => found.startsWith(id)) ?? [];
  expect(queue?.Properties.MessageRetentionPeriod).toBe(14 * 86_400);
  const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
  expect(alarms.filter((alarm) => idsIn(alarm).includes(String(queueId)))).toHaveLength(1);
});

test('nobody sends to a queue without TLS', () => {
  const policies = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy'));
  const guarded = policies.flatMap(({ Properties }) => idsIn(Properties.Queues));
  expect(guarded.sort()).toEqual(Object.keys(resourcesOf(template, QUEUE)).sort());
  for (const { Properties } of policies) {
    expect(JSON.stringify(Properties.PolicyDocument)).toContain('"aws:SecureTransport":"false"');
  }
});

test('fan-out reads every log entry that changed elements, from the beginning of the stream, and nothing else', () => {
  const { Properties } = mappingOf('FunctionsFanOut');
  expect(idsIn(Properties.EventSourceArn)).toEqual([expect.stringMatching(/^TablesStore/)]);
  expect(Properties.StartingPosition).toBe('TRIM_HORIZON');
  const { Filters } = Properties.FilterCriteria as { Filters: { Pattern: string }[] };
  expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
    {
      eventName: ['INSERT'],
      dynamodb: {
        Keys: { sk: { S: [{ prefix: 'L#' }] } },
        NewImage: { rowCount: { N: [{ exists: true }] } },
      },
    },
  ]);
});

test('the projector reads every log entry at once, and the contents and timers that the database has removed', () => {
  const { Properties } = mappingOf('FunctionsProjector');
  expect(idsIn(Properties.EventSourceArn)).toEqual([expect.stringMatching(/^TablesStore/)]);
  expect(Properties.StartingPosition).toBe('TRIM_HORIZON');
  expect(Properties.MaximumBatchingWindowInSeconds).toBeUndefined(); // the view follows the log without delay
  const { Filters } = Properties.FilterCriteria as { Filters: { Pattern: string }[] };
  const expired = (prefix: string) => ({
    eventName: ['REMOVE'],
    userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] },
    dynamodb: { Keys: { sk: { S: [{ prefix }] } } },
  });
  expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
    { eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: 'L#' }] } } } },
    expired('E#'),
    expired('T#'),
  ]);
});

test.each(['fan-out', 'projector'])('the filters let the entry through that events/%s.json holds', (name) => {
  const [record] = sampleEvent(name).Records;
  const { Properties } = mappingOf(name === 'fan-out' ? 'FunctionsFanOut' : 'FunctionsProjector');
  const { Filters } = Properties.FilterCriteria as { Filters: { Pattern: string }[] };
  const [filter] = Filters.map(({ Pattern }) => JSON.parse(Pattern));
  expect(filter.eventName).toContain(record.eventName);
  expect(record.dynamodb.Keys.sk.S.startsWith(filter.dynamodb.Keys.sk.S[0].prefix)).toBe(true);
  if (filter.dynamodb.NewImage) expect(record.dynamodb.NewImage).toHaveProperty('rowCount.N');
});

test('a stream has two readers at most: more of them slow each other down', () => {
  const mappings = Object.values(resourcesOf(template, MAPPING));
  const ofStreams = mappings.filter(({ Properties }) =>
    JSON.stringify(Properties.EventSourceArn).includes('StreamArn'),
  );
  expect(ofStreams).toHaveLength(2);
});

test.each([
  ['FunctionsFanOut', 'FanOut'],
  ['FunctionsProjector', 'Projector'],
])(
  'a record that %s cannot handle is cut out of its batch, tried ten times, and then kept in its failure queue',
  (reader, name) => {
    const { Properties } = mappingOf(reader);
    expect(Properties).toMatchObject({
      BatchSize: 100,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 10,
    });
    expect(Properties.MaximumRecordAgeInSeconds).toBeLessThan(24 * 3600); // the stream drops records after a day
    expect(idsIn(Properties.DestinationConfig)).toEqual([expect.stringContaining(`${name}Failures`)]);
  },
);

test.each([
  ['FunctionsNotifier', 'PushesQueue', 10, 200],
  ['FunctionsPurger', 'PurgingQueue', 1, 5],
  ['FunctionsEraser', 'ErasingQueue', 1, 5],
])(
  '%s takes messages from %s, %i at once, each failing alone, %i batches at a time',
  (consumer, queue, batch, atOnce) => {
    const { Properties } = mappingOf(consumer);
    expect(Properties).toMatchObject({
      BatchSize: batch,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(Properties.ScalingConfig).toEqual({ MaximumConcurrency: atOnce });
    expect(idsIn(Properties.EventSourceArn)).toEqual([expect.stringContaining(queue)]);
  },
);
