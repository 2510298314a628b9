import type { ColdStart } from './cold-start.js';
import type { CaseName, Cost } from './costs.js';
import type { Results } from './results.js';

/** A goal and its measured value. `isExact`: counts and bytes, which are the same on every machine. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly isMet: boolean;
  readonly isExact: boolean;
}

const KB = 1024;
const BUNDLE_GOAL_BYTES = 400 * KB;
const RATIO_GOAL = 1.3;
/** For the most frequent requests: commits, and synchronizations without changes. */
const FREQUENT_RATIO_GOAL = 1.2;
const isFrequent = (name: string): boolean => !/^(receive|initial)/.test(name);
const BOX_SIZE_GOAL = 1.1;

/** Every goal whose measurement is among the results. */
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

/** The goals for counts and bytes. */
export function costGoals(costs: readonly Cost[]): Goal[] {
  const of = (name: CaseName): Cost | undefined => costs.find((cost) => cost.case === name);
  const goals: (Goal | undefined)[] = [
    with_(of('nothing changed'), (cost) => ({
      what: 'nothing changed',
      goal: '0 write units, 2 read units, 1 call in line, body ≤ 80 bytes',
      measured: `${unitsOf(cost)}, ${cost.https.down} bytes`,
      isMet: isWithin(cost, QUIET) && cost.https.down <= 80,
    })),
    ...(['nothing changed, after 50 messages', 'nothing changed, after 300 KB'] as const).map((name) =>
      with_(of(name), (cost) => ({
        what: `${name}, for a device with 200 folders`,
        goal: '0 write units, 2 read units, 1 call in line',
        measured: unitsOf(cost),
        isMet: isWithin(cost, QUIET),
      })),
    ),
    ...(
      [
        'receive 1 new message',
        'receive 100 new messages',
        'receive 100 states read',
        'receive 100 deletions',
      ] as const
    ).map((name) => with_(of(name), roundTripGoal)),
    ...COMMITS.map(({ name, what, ...limits }) =>
      with_(of(name), (cost) => ({
        what,
        goal: `≤ ${limits.write} write units, ≤ ${limits.read} read units, ≤ ${limits.inLine} calls in line`,
        measured: unitsOf(cost),
        isMet: isWithin(cost, limits),
      })),
    ),
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
      what: 'initial synchronization of 5,000 messages with states, limit 1000',
      goal: '≤ 6 round trips, usable after the first, ≤ 3 calls in line in each',
      measured: `${cost.https.roundTrips} for ${cost.operations} elements, ${cost.callsInLine} in line`,
      isMet: cost.https.roundTrips <= 6 && cost.callsInLine <= 3,
    })),
  ];
  return goals.flatMap((goal) => (goal ? [{ ...goal, isExact: true }] : []));
}

const with_ = (cost: Cost | undefined, goal: (cost: Cost) => Omit<Goal, 'isExact'>): Goal | undefined =>
  cost && { ...goal(cost), isExact: true };

interface Limits {
  readonly write: number; // units, including those of the stream reader
  readonly read: number; // units
  readonly inLine: number;
}

const QUIET: Limits = { write: 0, read: 2, inLine: 1 };

const COMMITS: readonly (Limits & { readonly name: CaseName; readonly what: string })[] = [
  {
    name: 'send 1 state read',
    what: 'a commit of one element by a device, and its position in the log',
    write: 3,
    read: 5,
    inLine: 4,
  },
  {
    name: 'one deposit',
    what: 'a commit of one element by the Participating Function',
    write: 2,
    read: 4,
    inLine: 3,
  },
  {
    name: 'send 50 states read',
    what: '50 states in one request of a device, in 19 conversation histories',
    write: 60,
    read: 75,
    inLine: 4,
  },
  { name: 'a batch of 50 deposits', what: '50 deposits in one request', write: 60, read: 130, inLine: 4 },
];

const writeOf = ({ write, projected }: Cost): number => write + (projected?.write ?? 0);

const isWithin = (cost: Cost, { write, read, inLine }: Limits): boolean =>
  writeOf(cost) <= write && cost.read <= read && cost.callsInLine <= inLine;

const unitsOf = (cost: Cost): string => {
  const { projected } = cost;
  const later = projected
    ? ` (${projected.write} by the stream’s reader, which reads ${projected.read})`
    : '';
  return `${writeOf(cost)} write${later}, ${cost.read} read, ${cost.callsInLine} in line`;
};

/** Read units beside the changes: the head, and the device's record. */
const READ_BESIDE = 2;
/** A hundred changes are two commits of a few KB each, since commits hold their elements compressed. */
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
  overhead.map(({ case: name, ratio }) => {
    const most = isFrequent(name) ? FREQUENT_RATIO_GOAL : RATIO_GOAL;
    return {
      what: `handler: ${name}`,
      goal: `time ≤ ${most} × of its bare DynamoDB calls`,
      measured: `${ratio.toFixed(2)} ×`,
      isMet: ratio <= most,
      isExact: false,
    };
  });

function coldStartGoals({ coldStarts = [] }: Results): Goal[] {
  const largest = [...coldStarts].sort((a, b) => b.bytes - a.bytes)[0];
  const ratioOf = ({ ratio = 0 }: ColdStart) => ratio;
  const slowest = [...coldStarts].sort((a, b) => ratioOf(b) - ratioOf(a))[0];
  if (!largest || !slowest) return [];
  return [
    {
      what: 'bundles',
      goal: '≤ 400 KB each, minified',
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
