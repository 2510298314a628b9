import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourcesOf } from '../support/sources.js';
import { idsIn, OWN_ISSUER, type Resource, resource, resourcesOf, templateOf } from './stack.js';

const ROOT = join(__dirname, '../..');
const ALARM = 'AWS::CloudWatch::Alarm';
const template = templateOf({ ...OWN_ISSUER, stage: 'prod' });
const withoutHash = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

const alarms = Object.entries(resourcesOf(template, ALARM)).map(([id, alarm]) => ({
  name: withoutHash(id).replace(/^Alarms/, ''),
  ...alarm,
}));
const alarmOf = (name: string): Resource => resource(template, ALARM, `Alarms${name}`);

interface MetricStat {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: { Name: string; Value: unknown }[];
}

/** Every metric that an alarm, or an expression of it, looks at. */
function metricsOf({ Properties }: { Properties: Record<string, unknown> }): MetricStat[] {
  const queries = (Properties.Metrics ?? []) as { MetricStat?: { Metric: MetricStat } }[];
  if (queries.length === 0) return [Properties as unknown as MetricStat];
  return queries.flatMap(({ MetricStat: stat }) => (stat ? [stat.Metric] : []));
}

const watchedIds = (namespace: string, metricName: string, of = alarms): string[] =>
  of
    .flatMap(metricsOf)
    .filter(({ Namespace, MetricName }) => Namespace === namespace && MetricName === metricName)
    .flatMap(({ Dimensions }) => idsIn(Dimensions));

describe('runbook', () => {
  const text = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
  const chapter = text.split(/^## /m).find((part) => part.startsWith('Alarms')) ?? '';
  const sections = [...chapter.matchAll(/^### (\w+)\n\n((?:(?!^###).*\n?)+)/gm)];

  test('every alarm has a section, and every section an alarm', () => {
    expect(sections.map(([, name]) => name).sort()).toEqual(alarms.map(({ name }) => name).sort());
  });

  test('every alarm says in a sentence what is wrong, and where to read on', () => {
    for (const { name, Properties } of alarms) {
      expect(Properties.AlarmDescription).toMatch(
        new RegExp(`^[A-Z].{20,}\\. See docs/runbook\\.md, ${name}\\.$`),
      );
      expect(JSON.stringify(Properties.AlarmName)).toContain(`-${name}`);
    }
  });

  test('every section says something to do', () => {
    expect(sections.filter(([, , said = '']) => said.trim().length < 80).map(([, name]) => name)).toEqual([]);
  });

  test('the outputs and functions in its commands are those of the stack', () => {
    const full = templateOf({ stage: 'prod' });
    const outputs = [...text.matchAll(/\$\(out (\w+)\)/g)].map(([, name]) => String(name));
    const functions = [...text.matchAll(/\$\(fn (\w+)\)/g)].map(([, name]) => String(name));
    expect(outputs.length).toBeGreaterThan(5);
    expect(functions.length).toBeGreaterThan(2);
    expect(outputs.filter((name) => !(name in full.findOutputs('*')))).toEqual([]);
    expect(functions.filter((name) => !(name in resourcesOf(full, 'AWS::Lambda::Function')))).toEqual([]);
  });
});

test('every function is watched for failing and for being refused', () => {
  const functions = Object.keys(resourcesOf(template, 'AWS::Lambda::Function')).sort();
  expect(watchedIds('AWS/Lambda', 'Errors').sort()).toEqual(functions);
  expect(watchedIds('AWS/Lambda', 'Throttles').sort()).toEqual(functions);
});

test('every queue is watched: one of work for its age, one of failures for anything in it', () => {
  const queues = resourcesOf(template, 'AWS::SQS::Queue');
  const work = Object.entries(queues).filter(([, { Properties }]) => Properties.RedrivePolicy);
  const failures = Object.keys(queues).filter((id) => !work.some(([other]) => other === id));
  expect(watchedIds('AWS/SQS', 'ApproximateAgeOfOldestMessage').sort()).toEqual(
    work.map(([id]) => id).sort(),
  );
  expect(watchedIds('AWS/SQS', 'ApproximateNumberOfMessagesVisible').sort()).toEqual(failures.sort());
  for (const { name, Properties } of alarms.filter(({ name: of }) => /[a-z]Failed$/.test(of))) {
    expect([name, Properties.Threshold]).toEqual([name, 1]);
  }
});

test('every reader of the stream is watched for lagging behind by five minutes', () => {
  const readers = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'))
    .filter(({ Properties }) => Properties.StartingPosition)
    .flatMap(({ Properties }) => idsIn(Properties.FunctionName));
  expect(watchedIds('AWS/Lambda', 'IteratorAge').sort()).toEqual(readers.sort());
  expect(alarmOf('FanOutBehind').Properties.Threshold).toBe(300_000);
});

test('every table is watched for refusing and for what is written', () => {
  const tables = Object.keys(resourcesOf(template, 'AWS::DynamoDB::Table')).sort();
  for (const name of ['ReadThrottleEvents', 'WriteThrottleEvents', 'ConsumedWriteCapacityUnits']) {
    expect(watchedIds('AWS/DynamoDB', name).sort()).toEqual(tables);
  }
});

test('what the functions measure is what alarms and dashboard ask for', () => {
  const measured = new Set(
    sourcesOf('functions').flatMap(({ text }) =>
      [...text.matchAll(/\b(?:count|milliseconds|amount)\('(\w+)'/g)].map(([, name]) => String(name)),
    ),
  );
  const dashboard = JSON.stringify(Object.values(resourcesOf(template, 'AWS::CloudWatch::Dashboard')));
  const shown = [...dashboard.matchAll(/\\"cpm-sync-prod\\",\\"(\w+)\\",\\"service\\",\\"cpm-sync\\"/g)].map(
    ([, name]) => String(name),
  );
  const asked = alarms
    .flatMap(metricsOf)
    .filter(({ Namespace }) => Namespace === 'cpm-sync-prod')
    .map(({ MetricName }) => MetricName);
  expect(asked).toEqual(
    expect.arrayContaining([
      'Busy',
      'Commits',
      'EntriesBehind',
      'ProjectionDelay',
      'PushLateness',
      'Resets',
      'TokenKeyUnreadable',
    ]),
  );
  expect([...asked, ...shown].filter((name) => !measured.has(name))).toEqual([]);
  expect([...measured].filter((name) => !shown.includes(name) && !asked.includes(name))).toEqual([]);
});

test('the view is watched for the most entries that it is behind, and for how late one in a hundred is', () => {
  expect(alarmOf('ViewBehind').Properties).toMatchObject({
    MetricName: 'EntriesBehind',
    Statistic: 'Maximum',
  });
  expect(alarmOf('ProjectionLate').Properties).toMatchObject({
    MetricName: 'ProjectionDelay',
    ExtendedStatistic: 'p99',
    Threshold: 60_000,
  });
});

test('an expression of an alarm has at most ten metrics, as CloudWatch allows', () => {
  for (const alarm of alarms) expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
});

test('shares begin to count only where there are many: one fault of a few is no alarm', () => {
  const expressionsOf = (name: string) =>
    (alarmOf(name).Properties.Metrics as { Expression?: string }[]).map(({ Expression }) => Expression);
  expect(expressionsOf('HttpErrors')).toContain('IF(total >= 100, 100 * part / total, 0)');
  expect(expressionsOf('BoxesContended')).toContain('SUM([all0, all1])');
});

describe('whom they tell', () => {
  const actionsIn = (context: object) =>
    Object.values(resourcesOf(templateOf({ ...OWN_ISSUER, ...context }), ALARM)).map(({ Properties }) => [
      Properties.AlarmActions,
      Properties.OKActions,
    ]);

  test('nobody, unless somebody is named', () => {
    expect(new Set(actionsIn({}).flat())).toEqual(new Set([undefined]));
    expect(Object.keys(resourcesOf(template, 'AWS::SNS::Topic'))).toEqual([]);
  });

  test('the topic that is given, when an alarm goes off and when it is over', () => {
    const arn = 'arn:aws:sns:eu-central-1:123456789012:on-call';
    const all = actionsIn({ alarmTopicArn: arn });
    expect(all).toHaveLength(alarms.length);
    for (const actions of all) expect(actions).toEqual([[arn], [arn]]);
  });

  test('the addresses that are given, by a topic to which CloudWatch of this account may publish', () => {
    const own = templateOf({ ...OWN_ISSUER, alarmEmail: 'a@example.com, b@example.com' });
    const endpoints = Object.values(resourcesOf(own, 'AWS::SNS::Subscription')).map(
      ({ Properties }) => Properties.Endpoint,
    );
    expect(endpoints.sort()).toEqual(['a@example.com', 'b@example.com']);
    const policy = JSON.stringify(Object.values(resourcesOf(own, 'AWS::SNS::TopicPolicy')));
    expect(policy).toContain('"Service":"cloudwatch.amazonaws.com"');
    expect(policy).toContain('"aws:SourceAccount":{"Ref":"AWS::AccountId"}');
    expect(actionsIn({ alarmEmail: 'a@example.com' })).toHaveLength(alarms.length);
    const [topic] = Object.keys(resourcesOf(own, 'AWS::SNS::Topic'));
    for (const [on] of actionsIn({ alarmEmail: 'a@example.com' })) expect(idsIn(on)).toEqual([topic]);
  });
});

test('the dashboard is named as the stack, and shows every alarm', () => {
  const { Properties } = resource(template, 'AWS::CloudWatch::Dashboard', 'Dashboard');
  expect(Properties.DashboardName).toBeDefined();
  const body = JSON.stringify(Properties.DashboardBody);
  const shown = idsIn(Properties.DashboardBody).filter((id) => id.startsWith('Alarms'));
  expect(shown.map(withoutHash).sort()).toEqual(alarms.map(({ name }) => `Alarms${name}`).sort());
  expect(body.match(/\\"type\\":\\"metric\\"/g)?.length).toBeGreaterThan(10);
});
