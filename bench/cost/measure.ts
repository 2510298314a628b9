import { cpus } from 'node:os';
import { DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { OperationInput } from '../../protocol/operation.js';
import { inLine } from '../costs.js';
import {
  connectionSample,
  httpSample,
  insertionsOf,
  queueSample,
  sampleEvent,
  streamImage,
} from '../support/sample-events.js';
import { type Image, itemBytes } from '../support/units.js';
import type { Call, CallWatch } from '../support/watch.js';
import { bodyOf, type Invocation, type QueueName, sentBy, type WholeServer } from '../support/whole.js';
import { USER, workload } from '../support/workload.js';
import {
  type Activity,
  type ActivityCost,
  ERASED_TOGETHER,
  EXPIRED_TOGETHER,
  type Measured,
  PURGED_TOGETHER,
} from './activities.js';

/** A flag that no message has at first, while most have `\\Seen`. */
const FLAG = '\\read-report-sent';
const REQUEST_MAX = 50; // operations
const LOG_SHOWN = 1000; // characters, of the log of a failed invocation
const ENDINGS = 5; // few, because deletion, expiry and erasure cost the same each time
const STREAM_MAX = 20; // entries in one batch of the stream
const BACKLOG = 300; // enough to fill the first response of an initial synchronization

type Deposited = Extract<OperationInput, { type: 'message' }>;

/**
 * Drives every function through the day of a user with a connected and an unconnected device. Repeats this
 * `rounds` times, and returns the mean of each activity.
 */
export async function measureActivities(
  server: WholeServer,
  watch: CallWatch,
  rounds: number,
  onRound: (round: number) => void = () => undefined,
): Promise<Measured> {
  const { name, operations } = await workload(BACKLOG + rounds + 2);
  const day = new Day(server, watch, [...operations]);
  await day.begin();
  await day.settle();
  for (let round = 1; round <= rounds; round++) {
    onRound(round);
    await day.pass();
  }
  const bytes = await bytesOf(server, rounds);
  for (let time = 1; time <= ENDINGS; time++) await day.endings(time);
  const [{ model = 'unknown processor' } = {}] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `Node ${process.versions.node}, ${model.trim()}`,
    messages: name,
    ...bytes,
    activities: Object.fromEntries(
      [...day.taken].map(([name, costs]) => [name, meanOf(costs)]),
    ) as Measured['activities'],
  };
}

class Day {
  readonly taken = new Map<Activity, ActivityCost[]>();
  private readonly patterns: readonly OperationInput[];
  private last: Deposited | undefined;
  private n = 0;
  private token: string | undefined;
  private readonly newestRead = new Map<string, string>(); // key of the newest entry read from the stream, by user

  constructor(
    private readonly server: WholeServer,
    private readonly watch: CallWatch,
    private readonly operations: OperationInput[],
  ) {
    this.patterns = operations.slice(0, REQUEST_MAX);
  }

  async begin(): Promise<void> {
    for (const deviceId of ['phone', 'tablet'])
      await this.take('register', 'devices', registration(deviceId));
    for (let i = 0; i < BACKLOG; i += 50) {
      const { answer } = await this.server.invoke('participating', this.deposit(50));
      if (answer.statusCode !== 200) throw new Error(`deposit: ${answer.statusCode} ${answer.body}`);
      await this.project(USER);
    }
    const first = this.keepToken(await this.take('initialPage', 'sync', this.sync()));
    if (!first.hasMore) throw new Error('the first response must be full');
    for (let more = first.hasMore; more; ) {
      more = this.keepToken((await this.server.invoke('sync', this.sync())).answer).hasMore;
    }
  }

  /**
   * Runs a round whose results are dropped. The first activity after large commits pays for checking them.
   */
  async settle(): Promise<void> {
    const kept = [...this.taken];
    await this.pass();
    this.taken.clear();
    for (const [activity, costs] of kept) this.taken.set(activity, costs);
  }

  async pass(): Promise<void> {
    const ticket = await this.take('ticket', 'devices', ticketFor('phone'));
    const authorization = sampleEvent('socket-authorizer');
    authorization.queryStringParameters = { ticket: bodyOf(ticket).ticket };
    await this.take('authorize', 'socket-authorizer', authorization);
    await this.take('connect', 'socket-connection', connection('CONNECT'));
    this.server.takeMessages('pushes');

    await this.take('deposit', 'participating', this.deposit(1));
    await this.take('fanOutDeposit', 'fan-out', await this.newestCommit());
    await this.take('projectDeposit', 'projector', await this.appended(USER));
    const pushes = this.server.takeMessages('pushes');
    if (pushes.length !== 1)
      throw new Error(`one device is connected, but ${pushes.length} pushes are pending`);
    await this.take('notify', 'notifier', queueSample('notifier', pushes));
    if (this.server.takeFrames().length !== 1) throw new Error('no frame was sent');
    const received = this.keepToken(await this.take('receive', 'sync', this.sync()));
    if (!(received.changes?.length > 0)) throw new Error('the message was not received');

    const read = { op: 'modify', type: 'messageState', data: { addFlags: [FLAG] } };
    const name = { id: this.last?.id, conversationId: this.last?.conversationId };
    const acted = await this.take('act', 'sync', this.sync([{ n: ++this.n, ...read, ...name }]));
    this.keepToken(acted);
    await this.take('fanOutAct', 'fan-out', await this.newestCommit());
    await this.take('projectAct', 'projector', await this.appended(USER));
    this.server.takeMessages('pushes');
    this.keepToken(await this.take('nothing', 'sync', this.sync()));

    await this.take('ping', 'socket-default', sampleEvent('socket-default'));
    await this.take('disconnect', 'socket-connection', connection('DISCONNECT'));
  }

  /** Measures the ends of messages: deletion of a conversation history, expiry, erasure of a box. */
  async endings(time: number): Promise<void> {
    const conversationId = `discarded-${time}`;
    await this.fill(USER, conversationId, PURGED_TOGETHER);
    const discard = { n: ++this.n, op: 'delete', type: 'conversationHistory', id: conversationId };
    this.keepToken(await this.take('discard', 'sync', this.sync([discard])));
    await this.take('fanOutDiscard', 'fan-out', await this.newestCommit());
    await this.takeTogether('purge', 'purger', 'purging');

    await this.fill(USER, `expiring-${time}`, EXPIRED_TOGETHER);
    // Append two more entries: the second one records that the earlier deposits were applied to the items.
    for (let i = 0; i < 2; i++) await this.fill(USER, `later-${time}-${i}`, 1);
    const expired = await newestItems(this.server, `E#expiring-${time}`, EXPIRED_TOGETHER);
    await Promise.all(expired.map(({ box, sk }) => this.remove({ box, sk } as Image))); // as the database does
    await this.take('expire', 'projector', expiryOf(expired));

    const user = `tel:+1555090${time}`;
    await this.fill(user, 'c1', ERASED_TOGETHER);
    const routeKey = 'DELETE /v1/users/{userId}/box';
    await this.server.invoke('admin', httpSample('admin', { routeKey, pathParameters: { userId: user } }));
    await this.takeTogether('erase', 'eraser', 'erasing');
  }

  /** Measures an activity that its queue repeats until it is complete, as one activity. */
  private async takeTogether(activity: Activity, name: string, queue: QueueName): Promise<void> {
    const costs: ActivityCost[] = [];
    for (let bodies = this.server.takeMessages(queue); bodies.length > 0; ) {
      await this.take(activity, name, queueSample(name, bodies));
      const cost = this.taken.get(activity)?.pop();
      if (cost) costs.push(cost);
      bodies = this.server.takeMessages(queue);
    }
    this.taken.set(activity, [...(this.taken.get(activity) ?? []), sumOf(costs)]);
  }

  private remove(Key: Image): Promise<unknown> {
    return this.server.database.send(new DeleteItemCommand({ TableName: this.server.storeTable, Key }));
  }

  private async fill(userId: string, conversationId: string, count: number): Promise<void> {
    for (let rest = count; rest > 0; rest -= REQUEST_MAX) {
      const operations = this.patterns
        .slice(0, rest)
        .map((each, i) => ({ ...each, conversationId, id: `${conversationId}-${rest}-${i}` }));
      const event = httpSample('participating', { body: { operations }, pathParameters: { userId } });
      const { answer } = await this.server.invoke('participating', event);
      if (answer.statusCode !== 200) throw new Error(`deposit: ${answer.statusCode} ${answer.body}`);
      await this.project(userId);
    }
  }

  /** The stream event with the entries appended since the last call. */
  private async appended(userId: string) {
    const last = this.newestRead.get(userId) ?? '';
    const images = await newestItems(this.server, 'L#', STREAM_MAX, userId);
    this.newestRead.set(userId, images[0]?.sk?.S ?? last);
    return insertionsOf(images.filter(({ sk }) => (sk?.S ?? '') > last).reverse());
  }

  private async project(userId: string): Promise<void> {
    const { answer } = await this.server.invoke('projector', await this.appended(userId));
    if (answer.batchItemFailures.length > 0) throw new Error('a record of the stream failed');
  }

  private async take(activity: Activity, name: string, event: unknown): Promise<Invocation['answer']> {
    this.watch.take();
    const { answer, cpuMs, log, sqsRequests } = await this.server.invoke(name, event);
    const calls = this.watch.take();
    if (answer?.statusCode >= 300) throw new Error(`${activity}: ${answer.statusCode} ${answer.body}`);
    if (answer?.batchItemFailures?.length > 0)
      throw new Error(`${activity}: a record failed: ${log.slice(0, LOG_SHOWN)}`);
    const total = (of: (call: Call) => number) => calls.reduce((sum, call) => sum + of(call), 0);
    const cost = {
      read: total(({ read }) => read),
      write: total(({ write }) => write),
      callsInLine: inLine(calls),
      cpuMs,
      logBytes: Buffer.byteLength(log),
      sqsRequests,
      responseBytes: wireBytes(answer),
    };
    this.taken.set(activity, [...(this.taken.get(activity) ?? []), cost]);
    return answer;
  }

  private keepToken(answer: Invocation['answer']) {
    const body = bodyOf(answer);
    this.token = body.syncToken;
    return body;
  }

  private deposit(count: number) {
    const operations = this.operations.splice(0, count);
    this.last = operations.at(-1) as Deposited;
    return httpSample('participating', { body: { operations }, pathParameters: { userId: USER } });
  }

  private sync(operations?: object[]) {
    const device = { deviceId: 'phone', instanceId: 'i-phone' };
    return httpSample('sync', {
      sub: USER,
      body: { ...device, ...(this.token && { syncToken: this.token }), ...(operations && { operations }) },
    });
  }

  /** The stream event with the last commit. */
  private async newestCommit(): Promise<unknown> {
    const [image = {}] = await newestItems(this.server, 'L#', 1);
    const event = sampleEvent('fan-out');
    const [record] = event.Records;
    record.dynamodb = {
      ...record.dynamodb,
      Keys: { box: image.box, sk: image.sk },
      NewImage: streamImage(image),
    };
    return event;
  }
}

const registration = (deviceId: string) =>
  httpSample('devices', {
    sub: USER,
    pathParameters: { deviceId },
    body: { instanceId: `i-${deviceId}`, name: deviceId, preferences: { pushWindowMs: 0 } },
  });

const ticketFor = (deviceId: string) =>
  httpSample('devices', {
    sub: USER,
    routeKey: 'POST /v1/devices/{deviceId}/tickets',
    pathParameters: { deviceId },
  });

const connection = (eventType: 'CONNECT' | 'DISCONNECT') =>
  connectionSample({
    user: USER,
    deviceId: 'phone',
    instanceId: 'i-phone',
    eventType,
    connectedAt: Date.now(),
  });

/** The stream event for items that the database deleted after their time to live. */
function expiryOf(images: readonly Image[]): unknown {
  const event = sampleEvent('projector');
  const [, record] = event.Records;
  const removed = (image: Image) => ({
    ...record.dynamodb,
    ApproximateCreationDateTime: Math.ceil(Date.now() / 1000),
    Keys: { box: image.box, sk: image.sk },
    OldImage: streamImage(image),
  });
  event.Records = images.map((image) => ({ ...record, dynamodb: removed(image) }));
  return event;
}

function sumOf(costs: readonly ActivityCost[]): ActivityCost {
  const sum = (member: keyof ActivityCost) => costs.reduce((total, cost) => total + cost[member], 0);
  return {
    read: sum('read'),
    write: sum('write'),
    callsInLine: sum('callsInLine'),
    cpuMs: sum('cpuMs'),
    logBytes: sum('logBytes'),
    sqsRequests: sum('sqsRequests'),
    responseBytes: sum('responseBytes'),
  };
}

/** The last items under a prefix, newest first. */
async function newestItems(
  server: WholeServer,
  prefix: string,
  count: number,
  user: string = USER,
): Promise<Image[]> {
  const query = new QueryCommand({
    TableName: server.storeTable,
    KeyConditionExpression: '#box = :box AND begins_with(#sk, :prefix)',
    ExpressionAttributeNames: { '#box': 'box', '#sk': 'sk' },
    ExpressionAttributeValues: { ':box': { S: user }, ':prefix': { S: prefix } },
    ScanIndexForward: false,
    Limit: count,
  });
  return (await server.database.send(query)).Items ?? [];
}

/** Stored bytes per message: its element, and in the log its own commit and the commit of its flag. */
async function bytesOf(server: WholeServer, rounds: number) {
  const total = (images: Image[]) => images.reduce((sum, image) => sum + itemBytes(image), 0);
  const elements = await newestItems(server, 'E#', BACKLOG);
  const entries = await newestItems(server, 'L#', 4 * rounds);
  const commits = entries.filter(({ rowCount }) => rowCount).slice(0, 2 * rounds);
  return {
    elementBytes: Math.round(total(elements) / elements.length),
    logBytes: Math.round(total(commits) / rounds),
  };
}

function meanOf(costs: readonly ActivityCost[]): ActivityCost {
  const mean = (member: keyof ActivityCost) => {
    const sum = costs.reduce((total, cost) => total + cost[member], 0);
    return Math.round((10 * sum) / costs.length) / 10;
  };
  // Take the median, because a round with a garbage collection is not typical.
  const times = costs.map(({ cpuMs }) => cpuMs).sort((a, b) => a - b);
  return {
    read: mean('read'),
    write: mean('write'),
    callsInLine: mean('callsInLine'),
    cpuMs: Math.round(10 * (times[Math.floor(times.length / 2)] ?? 0)) / 10,
    logBytes: Math.round(mean('logBytes')),
    sqsRequests: mean('sqsRequests'),
    responseBytes: Math.round(mean('responseBytes')),
  };
}

const wireBytes = (answer: Invocation['answer']): number => (answer?.body ? sentBy(answer).length : 0);
