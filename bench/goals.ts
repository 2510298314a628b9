import type { ColdStart } from './cold-start.js';
import type { CaseName, Cost } from './costs.js';
import type { Results } from './results.js';

/** One goal, and what was measured. `isExact`: counts and bytes, the same on every machine. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly isMet: boolean;
  readonly isExact: boolean;
}

const KB = 1024;
export const BUNDLE_GOAL_BYTES = 300 * KB;
export const RATIO_GOAL = 1.3;
const BOX_SIZE_GOAL = 1.1;

/** Every goal that the results speak of. */
export const goalsOf = (results: Results): Goal[] => [
  ...costGoals(results.costs ?? []),
  ...boxSizeGoals(results),
  ...overheadGoals(results),
  ...coldStartGoals(results),
  ...pushGoals(results),
];

const PUSH_GOAL_MS = { median: 300, p99: 1000 };

function pushGoals({ pushes = [] }: Results): Goal[] {
  const [quiet] = pushes;
  if (!quiet) return [];
  const { median, p99, runs } = quiet.answerToFrame;
  return [
    {
      what: 'deposit to frame, quiet device, local cloud',
      goal: `median ≤ ${PUSH_GOAL_MS.median} ms, p99 ≤ ${PUSH_GOAL_MS.p99} ms`,
      measured: `${median.toFixed(0)} ms, ${p99.toFixed(0)} ms (${runs} deposits; bare echo ${quiet.echo.median.toFixed(1)} ms)`,
      isMet: median <= PUSH_GOAL_MS.median && p99 <= PUSH_GOAL_MS.p99,
      isExact: false,
    },
  ];
}

/** The goals on counts and bytes. */
export function costGoals(costs: readonly Cost[]): Goal[] {
  const of = (name: CaseName): Cost | undefined => costs.find((cost) => cost.case === name);
  const goals: (Goal | undefined)[] = [
    with_(of('nothing changed'), (cost) => ({
      what: 'nothing changed',
      goal: '1 Query and 1 GetItem in parallel, ≤ 2 read units, body ≤ 80 bytes',
      measured: `${callsOf(cost)}, ${cost.callsInLine} in line, ${cost.read} read units, ${cost.https.down} bytes`,
      isMet:
        cost.calls.Query === 1 &&
        cost.calls.GetItem === 1 &&
        Object.keys(cost.calls).length === 2 &&
        cost.callsInLine === 1 &&
        cost.read <= 2 &&
        cost.https.down <= 80,
    })),
    ...(
      [
        'receive 1 new message',
        'receive 100 new messages',
        'receive 100 states read',
        'receive 100 deletions',
      ] as const
    ).map((name) => with_(of(name), roundTripGoal)),
    with_(of('send 1 state read'), (cost) => ({
      what: 'a commit of one element by a device',
      goal: '≤ 8 write units',
      measured: `${cost.committed} write units (and ${cost.write - cost.committed} for where the device stands)`,
      isMet: cost.committed <= 8,
    })),
    with_(of('one deposit'), (cost) => ({
      what: 'a commit of one element by the Participating Function',
      goal: '≤ 6 write units',
      measured: `${cost.write} write units`,
      isMet: cost.write <= 6,
    })),
    with_(of('send 100 states read'), (cost) => ({
      what: '100 states read, in two requests of 50 operations',
      goal: '≤ 2.5 write units each in the mean',
      measured: `${(cost.write / 100).toFixed(2)} write units`,
      isMet: cost.write / 100 <= 2.5,
    })),
    with_(of('receive 100 new messages'), (cost) => ({
      what: '100 new messages to a device',
      goal: '≤ 90 bytes a message, compressed',
      measured: `${(cost.https.downCompressed / 100).toFixed(0)} bytes`,
      isMet: cost.https.downCompressed <= 9000,
    })),
    ...(['receive 100 states read', 'receive 100 deletions'] as const).map((name) =>
      with_(of(name), (cost) => ({
        what: name,
        goal: '≤ 1.5 KB, compressed',
        measured: `${cost.https.downCompressed} bytes`,
        isMet: cost.https.downCompressed <= 1.5 * KB,
      })),
    ),
    with_(of('initial synchronization'), (cost) => ({
      what: 'initial synchronization of 5,000 messages, limit 1000',
      goal: '≤ 6 round trips, usable after the first',
      measured: `${cost.https.roundTrips} for ${cost.operations} elements, states counted`,
      isMet: cost.https.roundTrips <= 6,
    })),
  ];
  return goals.flatMap((goal) => (goal ? [{ ...goal, isExact: true }] : []));
}

const with_ = (cost: Cost | undefined, goal: (cost: Cost) => Omit<Goal, 'isExact'>): Goal | undefined =>
  cost && { ...goal(cost), isExact: true };

const callsOf = ({ calls }: Cost): string =>
  Object.entries(calls)
    .map(([name, count]) => `${count} ${name}`)
    .join(' and ');

/** What is read beside the changes: the head, and the device's record. */
const READ_BESIDE = 2;
/** A hundred changes are two commits of a few KB each, since their elements stand in them deflated. */
const CHANGES_A_READ_UNIT = 10;

const roundTripGoal = (cost: Cost): Omit<Goal, 'isExact'> => ({
  what: cost.case,
  goal: '1 round trip, reads proportional to the changes alone',
  measured: `${cost.https.roundTrips} round trip, ${cost.read} read units`,
  isMet:
    cost.https.roundTrips === 1 &&
    cost.read <= READ_BESIDE + Math.ceil(cost.operations / CHANGES_A_READ_UNIT),
});

const boxSizeGoals = ({ boxSizes = [] }: Results): Goal[] =>
  (['nothing changed', '10 new messages'] as const).flatMap((name) => {
    const largest = boxSizes.filter((each) => each.case === name).at(-1);
    if (!largest) return [];
    return {
      what: `${name}, in a box of ${largest.messages.toLocaleString('en')} messages`,
      goal: `time ≤ ${BOX_SIZE_GOAL} × of one of 1,000`,
      measured: `${largest.ratio.toFixed(2)} ×`,
      isMet: largest.ratio <= BOX_SIZE_GOAL,
      isExact: false,
    };
  });

const overheadGoals = ({ overhead = [] }: Results): Goal[] =>
  overhead.map(({ case: name, ratio }) => ({
    what: `handler: ${name}`,
    goal: `time ≤ ${RATIO_GOAL} × of its bare DynamoDB calls`,
    measured: `${ratio.toFixed(2)} ×`,
    isMet: ratio <= RATIO_GOAL,
    isExact: false,
  }));

function coldStartGoals({ coldStarts = [] }: Results): Goal[] {
  const largest = [...coldStarts].sort((a, b) => b.bytes - a.bytes)[0];
  const ratioOf = ({ ratio = 0 }: ColdStart) => ratio;
  const slowest = [...coldStarts].sort((a, b) => ratioOf(b) - ratioOf(a))[0];
  if (!largest || !slowest) return [];
  return [
    {
      what: 'bundles',
      goal: '≤ 300 KB each, minified',
      measured: `at most ${(largest.bytes / KB).toFixed(0)} KB (${largest.function}); its AWS clients alone ${(largest.emptyBytes / KB).toFixed(0)} KB`,
      isMet: largest.bytes <= BUNDLE_GOAL_BYTES,
      isExact: true,
    },
    {
      what: 'import of a bundle',
      goal: `≤ ${RATIO_GOAL} × of an empty handler with its AWS clients`,
      measured: `at most ${ratioOf(slowest).toFixed(2)} × (${slowest.function})`,
      isMet: ratioOf(slowest) <= RATIO_GOAL,
      isExact: false,
    },
  ];
}
