import { type Cost, measureCosts } from '../../bench/costs.js';
import { costGoals } from '../../bench/goals.js';
import { goalTable } from '../../bench/report.js';
import { type BenchServer, startBenchServer } from '../../bench/support/server.js';
import { CallWatch } from '../../bench/support/watch.js';
import { USER, workload } from '../../bench/support/workload.js';

/** So many that the initial synchronization takes more than one page; costs do not depend on it otherwise. */
const MESSAGES = 700;

let server: BenchServer;
let watch: CallWatch;
let costs: Cost[];

beforeAll(async () => {
  server = await startBenchServer(process.env.CPM_INTEGRATION_DYNAMODB);
  watch = new CallWatch();
  costs = await measureCosts(server, watch, await workload(MESSAGES), USER);
}, 60_000);
afterAll(async () => {
  watch?.stop();
  await server?.stop();
});

const of = (name: Cost['case']) => costs.find((cost) => cost.case === name) as Cost;

test('calls, units, round trips and bytes stay within their goals', () => {
  const missed = costGoals(costs).filter(({ isMet }) => !isMet);
  expect(missed).toEqual([]);
  expect(costGoals(costs)).toHaveLength(12);
  expect(goalTable({ date: '', machine: '', workload: '', costs })).not.toContain('missed');
});

test('[SY5] nothing changed: two calls side by side, and the token is all that comes back', () => {
  expect(of('nothing changed')).toMatchObject({
    calls: { Query: 1, GetItem: 1 },
    callsInLine: 1,
    read: 2,
    write: 0,
  });
});

test('a synchronization with operations reads the log and the device once, whatever their number', () => {
  for (const name of ['send 100 states read', 'send 100 deletions', 'send a mixed 100'] as const) {
    const { Query, GetItem, BatchGetItem = 0, TransactGetItems, TransactWriteItems } = of(name).calls;
    expect({ name, Query, BatchGetItem, TransactGetItems, TransactWriteItems }).toEqual({
      name,
      Query: 2,
      BatchGetItem: 0,
      TransactGetItems: 2,
      TransactWriteItems: 2,
    });
    expect(GetItem).toBeLessThanOrEqual(2 * 2); // the device, and once a second the policy
  }
});

test('the socket takes the same round trips where its frames have room', () => {
  for (const cost of costs.filter(({ socket }) => socket)) {
    const framesNeeded = Math.ceil(cost.https.down / (120 * 1024));
    expect(cost.socket?.roundTrips).toBeLessThanOrEqual(Math.max(cost.https.roundTrips, framesNeeded + 1));
  }
});
