import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishMetrics } from '../../../functions/runtime/metrics.js';
import { report, ruledEvents } from '../../../functions/runtime/report.js';
import { capturedLog } from './captured-log.js';

const log = capturedLog();
beforeEach(() => {
  publishMetrics();
  log.clear();
});

test('what the core reports about a box goes without its user id', () => {
  report('committed', { box: 'tel:+15550100', changes: 3 });
  expect(log.lines()).toEqual([
    expect.objectContaining({ message: 'committed', box: 'b2619dadf7e6', changes: 3 }),
  ]);
  expect(log.text()).not.toContain('15550100');
});

test('a push that is sent is a line and metrics: how many, of how much, after how long', () => {
  report('pushSent', { commits: 2, changes: 5, delayMs: 40 });
  expect(log.lines()).toEqual([
    expect.objectContaining({ level: 'INFO', message: 'pushSent', commits: 2, changes: 5, delayMs: 40 }),
  ]);
  log.clear();
  publishMetrics();
  expect(log.lines()).toEqual([expect.objectContaining({ PushesSent: 1, PushedChanges: 5, PushDelay: 40 })]);
});

test('pushes that are suppressed are counted with their reasons and write no lines of their own', () => {
  for (const why of ['ownChange', 'notConnected', 'ownChange']) report('pushSuppressed', { why });
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

test('a connection that is gone is counted', () => {
  report('pushGone', { commits: 1 });
  publishMetrics();
  expect(log.lines().at(-1)).toMatchObject({ PushesGone: 1 });
});

test('every event that has a rule is reported by the core somewhere', () => {
  const core = join(__dirname, '..', '..', '..', 'core');
  const sources = readdirSync(core, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(core, name), 'utf8'))
    .join('\n');
  expect(ruledEvents.filter((event) => !sources.includes(`report('${event}'`))).toEqual([]);
  expect(ruledEvents.length).toBeGreaterThan(0);
});
