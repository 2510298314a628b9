import { type Cost, measureCosts } from '../../bench/costs.js';
import { costGoals } from '../../bench/goals.js';
import { goalTable } from '../../bench/report.js';
import { type BenchServer, startBenchServer } from '../../bench/support/server.js';
import { CallWatch } from '../../bench/support/watch.js';
import { USER, workload } from '../../bench/support/workload.js';

/**
 * Enough for more than one page in the initial synchronization. Apart from that, costs do not depend on the
 * number.
 */
const MESSAGES = 1200;

let server: BenchServer;
let watch: CallWatch;
let costs: Cost[];

beforeAll(async () => {
  server = await startBenchServer(process.env.CPM_INTEGRATION_DYNAMODB);
  watch = new CallWatch();
  costs = await measureCosts(server, watch, await workload(MESSAGES), USER);
}, 120_000);
afterAll(async () => {
  watch?.stop();
  await server?.stop();
});

const of = (name: Cost['case']) => costs.find((cost) => cost.case === name) as Cost;

test('calls, units, round trips and bytes stay within their goals', () => {
  const missed = costGoals(costs).filter(({ isMet }) => !isMet);
  expect(missed).toEqual([]);
  expect(costGoals(costs)).toHaveLength(15);
  expect(goalTable({ date: '', machine: '', workload: '', costs })).not.toContain('missed');
});

test.each([
  'nothing changed',
  'nothing changed, after 50 messages',
  'nothing changed, after 300 KB',
] as const)('[SY5] when %s, a synchronization makes two parallel calls', (name) => {
  expect(of(name)).toMatchObject({ calls: { Query: 1, GetItem: 1 }, callsInLine: 1, read: 2, write: 0 });
  expect(Object.keys(of(name).calls)).toHaveLength(2);
  expect(of(name).https.down).toBeLessThan(100); // the answer holds only the token
});

test('a synchronization with any number of operations reads log and items once, and puts one entry', () => {
  for (const [name, requests] of [
    ['send 1 state read', 1],
    ['send 50 states read', 1],
    ['send 100 deletions', 2],
    ['send a mixed 100', 2],
  ] as const) {
    const { Query, BatchGetItem, GetItem = 0, PutItem = 0 } = of(name).calls;
    expect({ name, Query, BatchGetItem }).toEqual({ name, Query: requests, BatchGetItem: requests });
    expect(GetItem).toBeLessThanOrEqual(requests); // the policy, once a second
    expect(PutItem).toBeLessThanOrEqual(2 * requests); // the entry, and its large changes
  }
});

test('no call is a transaction', () => {
  const names = new Set(costs.flatMap(({ calls }) => Object.keys(calls)));
  expect([...names].filter((name) => name.startsWith('Transact'))).toEqual([]);
});

test('the socket takes the same round trips when the frames are large enough', () => {
  for (const cost of costs.filter(({ socket }) => socket)) {
    const framesNeeded = Math.ceil(cost.https.down / (120 * 1024));
    expect(cost.socket?.roundTrips).toBeLessThanOrEqual(Math.max(cost.https.roundTrips, framesNeeded + 1));
  }
});
