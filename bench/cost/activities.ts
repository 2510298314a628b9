import * as z from 'zod/mini';

/** Activities of a day of a messaging service. Each is one invocation of one function. */
export const ACTIVITIES = {
  register: { functionName: 'devices', says: 'a device registers' },
  deposit: { functionName: 'participating', says: 'the Participating Function deposits one message' },
  fanOutDeposit: { functionName: 'fan-out', says: 'a deposited message, one connected device of two' },
  projectDeposit: { functionName: 'projector', says: 'a deposited message is applied to the items' },
  notify: { functionName: 'notifier', says: 'one synchronization request' },
  receive: { functionName: 'sync', says: 'a synchronization that receives one message' },
  act: { functionName: 'sync', says: 'a synchronization that marks one message as read' },
  fanOutAct: { functionName: 'fan-out', says: 'a message marked as read' },
  projectAct: { functionName: 'projector', says: 'checks a change that a synchronization applied itself' },
  nothing: { functionName: 'sync', says: 'a synchronization by timer, nothing changed' },
  initialPage: { functionName: 'sync', says: 'a response of an initial synchronization, 200 elements' },
  ticket: { functionName: 'devices', says: 'a ticket for a connection' },
  authorize: { functionName: 'socket-authorizer', says: 'the ticket is redeemed' },
  connect: { functionName: 'socket-connection', says: 'a connection begins' },
  disconnect: { functionName: 'socket-connection', says: 'a connection ends' },
  ping: { functionName: 'socket-default', says: 'a ping' },
  discard: { functionName: 'sync', says: 'a synchronization that deletes a conversation history' },
  fanOutDiscard: { functionName: 'fan-out', says: 'a deleted conversation history, queued to be purged' },
  purge: { functionName: 'purger', says: 'a deleted conversation history of 20 messages is purged' },
  expire: { functionName: 'projector', says: '5 messages of a box have expired' },
  erase: { functionName: 'eraser', says: 'a box of 100 messages is erased' },
} as const;
/** Number of messages in one measured purge. */
export const PURGED_TOGETHER = 20;
export const EXPIRED_TOGETHER = 5;
export const ERASED_TOGETHER = 100;

export type Activity = keyof typeof ACTIVITIES;

const amount = z.number().check(z.gte(0));
const activitySchema = z.strictObject({
  read: amount, // units
  write: amount, // units
  callsInLine: amount, // DynamoDB calls that waited for another one, plus the first
  cpuMs: amount, // on the measuring machine
  logBytes: amount,
  sqsRequests: amount,
  responseBytes: amount, // on the wire, compressed
});
export type ActivityCost = z.infer<typeof activitySchema>;

/** Results of `npm run cost -- --measure`. */
export const measuredSchema = z.strictObject({
  date: z.string(),
  machine: z.string(),
  messages: z.string(), // the workload that was deposited
  elementBytes: amount, // size of a stored message with its state
  logBytes: amount, // log size of its commit and of the commit of one flag
  activities: z.record(z.enum(Object.keys(ACTIVITIES) as Activity[]), activitySchema),
});
export type Measured = z.infer<typeof measuredSchema>;
