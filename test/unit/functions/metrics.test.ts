import { beginLog } from '../../../functions/runtime/observability/log.js';
import {
  count,
  measure,
  milliseconds,
  publishMetrics,
} from '../../../functions/runtime/observability/metrics.js';
import { capturedLog } from './captured-log.js';

const log = capturedLog();
beforeEach(() => {
  publishMetrics();
  log.clear();
});

/** A line in the embedded metric format. */
interface Line {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly { Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  readonly [name: string]: unknown;
}
const published = (): Line[] => {
  publishMetrics();
  return log.lines() as unknown as Line[];
};

test('an invocation writes one line: counts summed up, times one by one, and the request', () => {
  beginLog('R1');
  for (const value of [3, 4]) measure(count('PushedChanges', value));
  for (const value of [20, 30]) measure(milliseconds('PushDelay', value));
  expect(published()).toEqual([
    expect.objectContaining({ PushedChanges: 7, PushDelay: [20, 30], requestId: 'R1' }),
  ]);
});

test('every metric has the one dimension that is the same everywhere', () => {
  measure(count('PushesSent'));
  const [line] = published();
  expect(line?._aws.CloudWatchMetrics).toEqual([
    expect.objectContaining({
      Dimensions: [['service']],
      Metrics: [expect.objectContaining({ Name: 'PushesSent', Unit: 'Count' })],
    }),
  ]);
  expect(line?.service).toBe('cpm-sync');
});

test('reasons are counted beside their metric, and are no metrics themselves', () => {
  for (const why of ['ownChange', 'scheduled', 'scheduled']) measure(count('PushesSuppressed', 1, why));
  const [line] = published();
  expect(line).toMatchObject({
    PushesSuppressed: 3,
    'PushesSuppressedBy.ownChange': '1',
    'PushesSuppressedBy.scheduled': '2',
  });
  expect(line?._aws.CloudWatchMetrics[0]?.Metrics.map(({ Name }) => Name)).toEqual(['PushesSuppressed']);
});

test('where nothing was measured nothing is written, and nothing of one invocation reaches the next', () => {
  measure(count('PushesSent'));
  expect(published()).toHaveLength(1);
  expect(published()).toHaveLength(1);
});

test('what is no number is left out', () => {
  measure(count('PushedChanges', Number.NaN));
  expect(published()).toEqual([]);
});

test('times beyond what one line holds go into further lines', () => {
  for (let i = 0; i < 250; i++) measure(milliseconds('PushDelay', i));
  const times = published().flatMap(({ PushDelay }) => PushDelay as number[]);
  expect(times).toEqual(Array.from({ length: 250 }, (_, i) => i));
});
