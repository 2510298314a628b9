import { ACTIVITIES, type Activity, ERASED_TOGETHER, EXPIRED_TOGETHER, type Measured } from './activities.js';
import type { PriceName } from './prices.js';

/** What is taken for granted of users and of AWS; every one can be given another value. */
export const ASSUMPTIONS = {
  devicesPerUser: { value: 2, says: 'devices of a user' },
  messagesPerDay: {
    value: 40,
    says: 'messages of a user, both directions, each deposited by a request of its own',
  },
  actionsPerDay: { value: 20, says: 'synchronizations of a user that send something: read, deleted, moved' },
  connectionsPerDay: { value: 8, says: 'times that a device connects, and synchronizes' },
  connectedHoursPerDay: { value: 3, says: 'hours that a device is connected' },
  connectedShare: {
    value: 0.5,
    says: 'part of the changes that find a device connected: it is told at once, and synchronizes',
  },
  timerSyncsPerDay: { value: 12, says: 'synchronizations of a device by its timer that find nothing' },
  newDevicesPerYear: { value: 1, says: 'initial synchronizations of a user' },
  elementsPerNewDevice: { value: 5000, says: 'elements that one brings' },
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

/** Memory of the functions in the template, for their share of a processor. Unit: MB. */
export const MEMORY_MB: Readonly<Record<string, number>> = {
  sync: 1024,
  'socket-sync': 1024,
  'socket-default': 256,
};
const MEMORY_DEFAULT_MB = 512;
export const memoryOf = (functionName: string): number => MEMORY_MB[functionName] ?? MEMORY_DEFAULT_MB;

const DAYS = 365 / 12;
const GB = 1e9;
const MB_OF_ONE_PROCESSOR = 1769; // Lambda gives processors in proportion to memory
const PING_MINUTES = 9;
const LOG_DAYS = 90;
const PLATFORM_LOG_BYTES = 300; // START, END and REPORT of an invocation
const ACCESS_LOG_BYTES = 400;
const HEADER_BYTES = 400; // of a response
const LOG_MONTHS_KEPT = 3;
const TRACED_SHARE = 0.05;
const KEY_READS_A_MONTH = 2 * 12 * 24 * DAYS; // of an instance: two versions each five minutes
/** Lambda asks a queue for messages all the time: five pollers, 20 s each. */
export const POLLED_QUEUES = 3;
const IDLE_POLLS_A_MONTH = POLLED_QUEUES * 5 * 3 * 60 * 24 * DAYS;
export const CUSTOM_METRICS = 22;
export const ALARM_METRICS = 60;

/** How often each activity happens in a month, for one user. */
export function timesOf(a: Assumptions): Record<Activity, number> {
  const connections = a.devicesPerUser * a.connectionsPerDay;
  const told = (changes: number, devices: number) => changes * devices * a.connectedShare;
  const notify = told(a.messagesPerDay, a.devicesPerUser) + told(a.actionsPerDay, a.devicesPerUser - 1);
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
    expire: a.messagesPerDay / EXPIRED_TOGETHER, // as many as come: those of a box go at about the same time
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

/** Billed time of one invocation: calls in line, and the processor at the function's share of it. Unit: ms. */
export function durationMs(activity: Activity, measured: Measured, { databaseMs }: Assumptions): number {
  const { callsInLine, cpuMs } = measured.activities[activity];
  const share = Math.min(1, memoryOf(ACTIVITIES[activity].functionName) / MB_OF_ONE_PROCESSOR);
  return callsInLine * databaseMs + cpuMs / share;
}

/** What so many users take in a month, by what AWS bills it. */
export function usageOf(users: number, measured: Measured, a: Assumptions): Record<PriceName, number> {
  const times = timesOf(a);
  const activities = Object.keys(ACTIVITIES) as Activity[];
  const total = (of: (activity: Activity) => number, among = activities) =>
    users * among.reduce((sum, activity) => sum + times[activity] * of(activity), 0);
  const measuredTotal = (member: 'read' | 'write' | 'sqsRequests' | 'logBytes' | 'responseBytes') =>
    total((activity) => measured.activities[activity][member]);
  const http = activities.filter((activity) =>
    ['sync', 'devices', 'participating'].includes(ACTIVITIES[activity].functionName),
  );
  const count = (among: readonly Activity[]) => total(() => 1, [...among]);

  const storedGb =
    (users * a.messagesPerDay * (a.daysKept * measured.elementBytes + LOG_DAYS * measured.logBytes)) / GB;
  const gbSeconds = total((activity) => {
    const memoryGb = memoryOf(ACTIVITIES[activity].functionName) / 1024;
    return (memoryGb * durationMs(activity, measured, a)) / 1000;
  });
  const logGb =
    (measuredTotal('logBytes') + PLATFORM_LOG_BYTES * count(activities) + ACCESS_LOG_BYTES * count(http)) /
    GB;
  const syncs: Activity[] = ['receive', 'act', 'nothing', 'initialPage'];
  const secondsOfSync = total((activity) => durationMs(activity, measured, a) / 1000, syncs);
  const instances = Math.max(1, (a.peakFactor * secondsOfSync) / (DAYS * 86_400));
  return {
    dynamoDbWrite: measuredTotal('write'),
    dynamoDbRead: measuredTotal('read'),
    dynamoDbStorage: storedGb,
    dynamoDbBackup: storedGb,
    lambdaRequest: count(activities),
    lambdaTime: gbSeconds,
    httpRequest: count(http),
    // A ping and its answer, a synchronization request; connecting and leaving are not billed as messages.
    socketMessage: 2 * count(['ping']) + count(['notify']),
    socketMinute: users * a.devicesPerUser * a.connectedHoursPerDay * 60 * DAYS,
    // Sent, received and deleted, one by one: batches are cheaper.
    sqsRequest: 3 * measuredTotal('sqsRequests') + IDLE_POLLS_A_MONTH,
    logIngestion: logGb,
    logStorage: logGb * LOG_MONTHS_KEPT,
    trace: TRACED_SHARE * count(activities),
    customMetric: CUSTOM_METRICS,
    alarmMetric: ALARM_METRICS,
    secret: 1,
    secretCall: instances * KEY_READS_A_MONTH,
    dataOut: (measuredTotal('responseBytes') + HEADER_BYTES * count(http)) / GB,
    userPool: users,
  };
}
