import { ACTIVITIES, type Activity, type Measured } from '../../bench/cost/activities.js';
import { measureActivities } from '../../bench/cost/measure.js';
import { readMeasured } from '../../bench/cost/measured.js';
import { CallWatch } from '../../bench/support/watch.js';
import { startWholeServer, type WholeServer } from '../../bench/support/whole.js';

const ROUNDS = 6;

let server: WholeServer;
let watch: CallWatch;
let now: Measured;
let then: Measured;

beforeAll(async () => {
  then = await readMeasured();
  server = await startWholeServer({
    endpoint: process.env.CPM_INTEGRATION_DYNAMODB,
    tableSuffix: '-activities',
  });
  watch = new CallWatch();
  now = await measureActivities(server, watch, ROUNDS);
}, 60_000);
afterAll(async () => {
  watch?.stop();
  await server?.stop();
});

test('every activity of the cost formula is measured', () => {
  expect(Object.keys(now.activities).sort()).toEqual(Object.keys(ACTIVITIES).sort());
  expect(Object.keys(then.activities).sort()).toEqual(Object.keys(ACTIVITIES).sort());
});

// A few rounds differ a little from many: their texts have other lengths, and the policy may be read or
// cached.
const isAbout = (value: number, other: number) => Math.abs(value - other) <= 1 + 0.25 * other;

test.each(Object.keys(ACTIVITIES) as Activity[])(
  '%s takes about the units of docs/deploy.md: if not, run npm run cost -- --measure',
  (name) => {
    const others = (['read', 'write', 'callsInLine', 'sqsRequests'] as const)
      .map((member) => ({ member, now: now.activities[name][member], before: then.activities[name][member] }))
      .filter((each) => !isAbout(each.now, each.before));
    expect(others).toEqual([]);
  },
);

test('a message takes about the bytes of docs/deploy.md', () => {
  for (const member of ['elementBytes', 'logBytes'] as const) {
    expect(now[member]).toBeGreaterThan(0.7 * then[member]);
    expect(now[member]).toBeLessThan(1.3 * then[member]);
  }
});
