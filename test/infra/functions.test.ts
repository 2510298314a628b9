import { FUNCTION_MAX_SECONDS, SETTLE_SECONDS } from '../../core/model/timing.js';
import { idsIn, OWN_ISSUER, resource, resourcesOf, templateOf } from './stack.js';

const FUNCTION = 'AWS::Lambda::Function';
const LOGS = 'AWS::Logs::LogGroup';
const inStage = (stage: string, more: object = {}) => templateOf({ ...OWN_ISSUER, stage, ...more });

test('functions run on the current Node on arm64, traced, with time and memory stated', () => {
  const functions = Object.values(resourcesOf(inStage('prod'), FUNCTION));
  expect(functions.length).toBeGreaterThan(0);
  for (const { Properties } of functions) {
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: expect.any(Number),
      MemorySize: expect.any(Number),
      TracingConfig: { Mode: 'Active' },
    });
  }
});

test('no function runs longer than purges and erasing wait for it', () => {
  const functions = Object.values(resourcesOf(inStage('prod'), FUNCTION)).map(({ Properties }) => Properties);
  for (const { Timeout } of functions) expect(Timeout).toBeLessThanOrEqual(FUNCTION_MAX_SECONDS);
  const settle = functions.flatMap(({ Environment }) => {
    const { Variables } = Environment as { Variables: Record<string, unknown> };
    return Variables.ERASE_SETTLE_SECONDS ?? [];
  });
  expect(settle.map(Number)).toEqual([SETTLE_SECONDS]);
  expect(SETTLE_SECONDS).toBeGreaterThan(FUNCTION_MAX_SECONDS);
});

test.each([
  ['dev', 14, 'Delete'],
  ['prod', 90, 'Retain'],
])(
  'on stage %s each function and each API has a log, kept for %i days, and by policy %s',
  (stage, days, policy) => {
    const template = inStage(stage);
    const logs = resourcesOf(template, LOGS);
    const used = [
      ...Object.values(resourcesOf(template, FUNCTION)).map(({ Properties }) => Properties.LoggingConfig),
      ...Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Stage')).map(
        ({ Properties }) => (Properties.AccessLogSettings as { DestinationArn: unknown }).DestinationArn,
      ),
    ].map((log) => idsIn(log).filter((id) => !id.startsWith('AWS::'))[0]);
    expect([...used].sort()).toEqual(Object.keys(logs).sort());
    for (const log of Object.values(logs)) {
      expect([log.Properties.RetentionInDays, log.DeletionPolicy]).toEqual([days, policy]);
    }
  },
);

describe('concurrency of functions that others would starve by', () => {
  const reservedIn = (context: object) =>
    Object.fromEntries(
      Object.entries(resourcesOf(inStage('prod', context), FUNCTION)).flatMap(([id, { Properties }]) =>
        Properties.ReservedConcurrentExecutions ? [[id, Properties.ReservedConcurrentExecutions]] : [],
      ),
    );

  test('is bounded on stage prod', () => {
    expect(reservedIn({})).toEqual({
      ParticipatingFunction: 200,
      HistoryFunction: 50,
      AdminFunction: 10,
    });
  });

  test('leaves the 100 of an account with 1,000 that nothing may reserve, and as many again for the rest', () => {
    const reserved = Object.values(reservedIn({})).reduce((sum: number, share) => sum + Number(share), 0);
    const { ScalingConfig } = resource(
      inStage('prod'),
      'AWS::Lambda::EventSourceMapping',
      'FunctionsNotifier',
    ).Properties as { ScalingConfig: { MaximumConcurrency: number } };
    expect(reserved + ScalingConfig.MaximumConcurrency).toBeLessThan(800);
  });

  test('grows with the capacity', () => {
    expect(reservedIn({ capacity: '2.5' })).toMatchObject({ ParticipatingFunction: 500, AdminFunction: 25 });
  });

  test("is the account's where it has little: -c reserveConcurrency=no, and on stage dev", () => {
    expect(reservedIn({ reserveConcurrency: 'no' })).toEqual({});
    expect(reservedIn({ stage: 'dev' })).toEqual({});
  });
});
