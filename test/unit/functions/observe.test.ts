import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishMetrics } from '../../../functions/runtime/observability/metrics.js';
import { observe, ruledEvents } from '../../../functions/runtime/observability/observe.js';
import { capturedLog } from './captured-log.js';

const log = capturedLog();
beforeEach(() => {
  publishMetrics();
  log.clear();
});

test('what the core reports about a box goes without its user id', () => {
  observe('committed', { box: 'tel:+15550100', changes: 3 });
  expect(log.lines()).toEqual([
    expect.objectContaining({ message: 'committed', box: 'b2619dadf7e6', changes: 3 }),
  ]);
  expect(log.text()).not.toContain('15550100');
});

test('a push that is sent is a line and metrics: how many, of how much, after how long', () => {
  observe('pushSent', { commits: 2, changes: 5, delayMs: 40, lateMs: 3 });
  expect(log.lines()).toEqual([
    expect.objectContaining({ level: 'INFO', message: 'pushSent', commits: 2, changes: 5, delayMs: 40 }),
  ]);
  log.clear();
  publishMetrics();
  expect(log.lines()).toEqual([
    expect.objectContaining({ PushesSent: 1, PushedChanges: 5, PushDelay: 40, PushLateness: 3 }),
  ]);
});

test('pushes that are suppressed are counted with their reasons and write no lines of their own', () => {
  for (const why of ['ownChange', 'notConnected', 'ownChange']) observe('pushSuppressed', { why });
  expect(log.text()).toBe('');
  publishMetrics();
  expect(log.lines()).toEqual([
    expect.objectContaining({
      PushesSuppressed: 3,
      'PushesSuppressedBy.ownChange': '2',
      'PushesSuppressedBy.notConnected': '1',
    }),
  ]);
});

test('a device goes by its tag, as a box does', () => {
  observe('pushGone', { box: 'tel:+15550100', device: 'urn:imei:35', commits: 1 });
  expect(log.lines()).toEqual([
    // printf 'urn:imei:35' | sha256sum
    expect.objectContaining({ box: 'b2619dadf7e6', device: 'f71771201f69' }),
  ]);
  expect(log.text()).not.toContain('imei');
});

test('a commit counts with its changes and with how often others were faster; a receipt alone is no commit', () => {
  observe('commit', { changes: 3, by: 'device', attempt: 2 });
  observe('commit', { changes: 0, by: 'device', attempt: 1 });
  log.clear();
  publishMetrics();
  expect(log.lines()).toEqual([
    expect.objectContaining({ Commits: 1, CommittedChanges: 3, CommitRetries: 3 }),
  ]);
});

test('a synchronization counts with what was sent', () => {
  observe('synchronized', { operations: 2, applied: 1, elements: 40, removals: 3, hasMore: true });
  log.clear();
  publishMetrics();
  expect(log.lines()).toEqual([
    expect.objectContaining({
      Synchronizations: 1,
      OperationsReceived: 2,
      ElementsSent: 40,
      RemovalsSent: 3,
    }),
  ]);
});

test('a device that begins is no reset; one that starts over is, with the reason', () => {
  for (const why of ['initial', 'otherTimeline', 'otherTimeline', 'tooFarBehind'])
    observe('syncFromStart', { why });
  log.clear();
  publishMetrics();
  expect(log.lines()).toEqual([
    expect.objectContaining({
      InitialSynchronizations: 1,
      Resets: 3,
      'ResetsBy.otherTimeline': '2',
      'ResetsBy.tooFarBehind': '1',
    }),
  ]);
});

test('a connection that is gone is counted', () => {
  observe('pushGone', { commits: 1 });
  publishMetrics();
  expect(log.lines().at(-1)).toMatchObject({ PushesGone: 1 });
});

test('every event that has a rule is reported by the core somewhere', () => {
  const core = join(__dirname, '..', '..', '..', 'core');
  const sources = readdirSync(core, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(core, name), 'utf8'))
    .join('\n');
  expect(ruledEvents.filter((event) => !sources.includes(`observe('${event}'`))).toEqual([]);
  expect(ruledEvents.length).toBeGreaterThan(0);
});
