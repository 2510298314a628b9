import { ACTIVITIES, type Activity, ERASED_TOGETHER, EXPIRED_TOGETHER, type Measured } from './activities.js';
import type { PriceName } from './prices.js';

/** Assumptions about users and AWS. Each can be replaced by another value. */
export const ASSUMPTIONS = {
  devicesPerUser: { value: 2, says: 'devices of a user' },
  messagesPerDay: {
    value: 40,
    says: 'messages of a user, both directions, each deposited by its own request',
  },
  actionsPerDay: { value: 20, says: 'synchronizations of a user that send a change: read, deleted, moved' },
  connectionsPerDay: { value: 8, says: 'times that a device connects, and synchronizes' },
  connectedHoursPerDay: { value: 3, says: 'hours that a device is connected' },
  connectedShare: {
    value: 0.5,
    says: 'part of the changes for a connected device, which is notified at once and synchronizes',
  },
  timerSyncsPerDay: { value: 12, says: 'synchronizations of a device by its timer that find nothing' },
  newDevicesPerYear: { value: 1, says: 'initial synchronizations of a user' },
  elementsPerNewDevice: { value: 5000, says: 'elements of an initial synchronization' },
  daysKept: { value: 365, says: 'days that a message is kept, until it expires' },
  discardsPerMonth: {
    value: 1,
    says: 'conversation histories that a user deletes in a month, of 20 messages each',
  },
  erasedPerYear: { value: 0.1, says: 'part of the users whose boxes are erased in a year' },
  databaseMs: { value: 6, says: 'ms of one call of DynamoDB within a region' },
  peakFactor: { value: 3, says: 'the busiest hour against the mean' },
} as const;
export type Assumptions = Readonly<Record<keyof typeof ASSUMPTIONS, number>>;

export const assumptionsWith = (other: Partial<Assumptions> = {}): Assumptions => ({
  ...(Object.fromEntries(
    Object.entries(ASSUMPTIONS).map(([name, { value }]) => [name, value]),
  ) as unknown as Assumptions),
  ...other,
});

/** Memory of the functions in the template. It decides their share of a processor. Unit: MB. */
const MEMORY_MB: Readonly<Record<string, number>> = {
  sync: 1024,
  'socket-sync': 1024,
  'socket-default': 256,
};
const MEMORY_DEFAULT_MB = 512;
/** Memory of a function in the template. Unit: MB. */
export const memoryOf = (functionName: string): number => MEMORY_MB[functionName] ?? MEMORY_DEFAULT_MB;

const DAYS = 365 / 12;
const GB = 1e9;
const MB_OF_ONE_PROCESSOR = 1769; // Lambda gives processor time in proportion to memory
const PING_MINUTES = 9;
const LOG_DAYS = 90;
const PLATFORM_LOG_BYTES = 300; // the lines START, END and REPORT of an invocation
const ACCESS_LOG_BYTES = 400;
const HEADER_BYTES = 400; // of a response
const LOG_MONTHS_KEPT = 3;
const TRACED_SHARE = 0.05;
const KEY_READS_A_MONTH = 2 * 12 * 24 * DAYS; // of an instance, which reads two versions every five minutes
/** Lambda polls a queue all the time: five pollers, 20 s each. */
const POLLED_QUEUES = 3;
const IDLE_POLLS_A_MONTH = POLLED_QUEUES * 5 * 3 * 60 * 24 * DAYS;
const CUSTOM_METRICS = 22;
export const ALARM_METRICS = 60;

/** Number of times that each activity happens in a month, for one user. */
export function timesOf(a: Assumptions): Record<Activity, number> {
  const connections = a.devicesPerUser * a.connectionsPerDay;
  const notified = (changes: number, devices: number) => changes * devices * a.connectedShare;
  const notify =
    notified(a.messagesPerDay, a.devicesPerUser) + notified(a.actionsPerDay, a.devicesPerUser - 1);
  const daily = {
    register: 0,
    deposit: a.messagesPerDay,
    fanOutDeposit: a.messagesPerDay,
    projectDeposit: a.messagesPerDay,
    notify,
    receive: notify + connections,
    act: a.actionsPerDay,
    fanOutAct: a.actionsPerDay,
    projectAct: a.actionsPerDay,
    nothing: a.devicesPerUser * a.timerSyncsPerDay,
    initialPage: 0,
    ticket: connections,
    authorize: connections,
    connect: connections,
    disconnect: connections,
    ping: (a.devicesPerUser * a.connectedHoursPerDay * 60) / PING_MINUTES,
    discard: 0,
    fanOutDiscard: 0,
    purge: 0,
    expire: a.messagesPerDay / EXPIRED_TOGETHER, // in batches, because messages of one box expire at about the same time
    erase: 0,
  };
  const monthly = Object.fromEntries(
    Object.entries(daily).map(([name, times]) => [name, times * DAYS]),
  ) as Record<Activity, number>;
  return {
    ...monthly,
    register: a.newDevicesPerYear / 12,
    initialPage: ((a.newDevicesPerYear / 12) * a.elementsPerNewDevice) / 200,
    discard: a.discardsPerMonth,
    fanOutDiscard: a.discardsPerMonth,
    purge: a.discardsPerMonth,
    erase: ((a.erasedPerYear / 12) * a.messagesPerDay * a.daysKept) / ERASED_TOGETHER,
  };
}

/**
 * Billed time of one invocation: its sequential calls, and its processor time at the function's share. Unit:
 * ms.
 */
export function durationMs(activity: Activity, measured: Measured, { databaseMs }: Assumptions): number {
  const { callsInLine, cpuMs } = measured.activities[activity];
  const share = Math.min(1, memoryOf(ACTIVITIES[activity].functionName) / MB_OF_ONE_PROCESSOR);
  return callsInLine * databaseMs + cpuMs / share;
}

const HTTP_FUNCTIONS = ['sync', 'devices', 'participating'];
/**
 * Billed messages: a ping and its answer, a synchronization request. Connecting and disconnecting are not
 * billed.
 */
const SOCKET_MESSAGES: Partial<Record<Activity, number>> = { ping: 2, notify: 1 };

/** Usage of one activity, in the units that AWS bills. */
export function usageOfOne(
  activity: Activity,
  measured: Measured,
  a: Assumptions,
): Partial<Record<PriceName, number>> {
  const { functionName } = ACTIVITIES[activity];
  const { read, write, sqsRequests, logBytes, responseBytes } = measured.activities[activity];
  const isHttp = HTTP_FUNCTIONS.includes(functionName);
  const logGb = (logBytes + PLATFORM_LOG_BYTES + (isHttp ? ACCESS_LOG_BYTES : 0)) / GB;
  return {
    dynamoDbWrite: write,
    dynamoDbRead: read,
    lambdaRequest: 1,
    lambdaTime: ((memoryOf(functionName) / 1024) * durationMs(activity, measured, a)) / 1000,
    httpRequest: isHttp ? 1 : 0,
    socketMessage: SOCKET_MESSAGES[activity] ?? 0,
    sqsRequest: 3 * sqsRequests, // sent, received and deleted one by one; batches are cheaper
    logIngestion: logGb,
    logStorage: logGb * LOG_MONTHS_KEPT,
    trace: TRACED_SHARE,
    dataOut: (responseBytes + (isHttp ? HEADER_BYTES : 0)) / GB,
  };
}

/** Monthly usage of this many users, in the units that AWS bills. */
export function usageOf(users: number, measured: Measured, a: Assumptions): Record<PriceName, number> {
  const times = timesOf(a);
  const activities = Object.keys(ACTIVITIES) as Activity[];
  const ones = activities.map((activity) => ({ activity, of: usageOfOne(activity, measured, a) }));
  const total = (name: PriceName) =>
    users * ones.reduce((sum, { activity, of }) => sum + times[activity] * (of[name] ?? 0), 0);
  const storedGb =
    (users * a.messagesPerDay * (a.daysKept * measured.elementBytes + LOG_DAYS * measured.logBytes)) / GB;
  const syncs: Activity[] = ['receive', 'act', 'nothing', 'initialPage'];
  const secondsOfSync = syncs.reduce(
    (sum, activity) => sum + (users * times[activity] * durationMs(activity, measured, a)) / 1000,
    0,
  );
  const instances = Math.max(1, (a.peakFactor * secondsOfSync) / (DAYS * 86_400));
  return {
    dynamoDbWrite: total('dynamoDbWrite'),
    dynamoDbRead: total('dynamoDbRead'),
    dynamoDbStorage: storedGb,
    dynamoDbBackup: storedGb,
    lambdaRequest: total('lambdaRequest'),
    lambdaTime: total('lambdaTime'),
    httpRequest: total('httpRequest'),
    socketMessage: total('socketMessage'),
    socketMinute: users * a.devicesPerUser * a.connectedHoursPerDay * 60 * DAYS,
    sqsRequest: total('sqsRequest') + IDLE_POLLS_A_MONTH,
    logIngestion: total('logIngestion'),
    logStorage: total('logStorage'),
    trace: total('trace'),
    customMetric: CUSTOM_METRICS,
    alarmMetric: ALARM_METRICS,
    secret: 1,
    secretCall: instances * KEY_READS_A_MONTH,
    dataOut: total('dataOut'),
    userPool: users,
  };
}
