import { randomUUID } from 'node:crypto';
import type { Faults } from '../faults.js';
import { AwsError } from '../services/aws-error.js';
import type { QueueProperties } from '../template/kinds/messaging.js';
import type { Delivery, Message, MessageAttributes } from './message.js';
import type { QueueJournal } from './queue-journal.js';
import { Receivers } from './receivers.js';

/** A queue of the template. */
export interface QueueSettings {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly properties: QueueProperties;
}

/** One standard queue. */
export class Queue {
  readonly #messages = new Map<string, Message>();
  readonly #receivers = new Receivers(
    (max, visibilityMs) => this.#take(max, visibilityMs),
    () => this.#nextVisibleAtMs(),
  );
  /** Gets the messages that were received too often. */
  deadLetterQueue: Queue | undefined;

  constructor(
    readonly settings: QueueSettings,
    private readonly journal: QueueJournal,
    private readonly faults: Faults,
  ) {
    for (const message of journal.recalled(settings.name)) this.#messages.set(message.id, message);
  }

  /** Adds a message. */
  send(
    body: string,
    attributes: MessageAttributes,
    delaySeconds = this.settings.properties.DelaySeconds,
  ): Message {
    const now = Date.now();
    const message: Message = {
      id: randomUUID(),
      body,
      attributes,
      sentAtMs: now,
      visibleAtMs: now + delaySeconds * 1000,
      receiveCount: 0,
    };
    this.#add(message);
    return message;
  }

  /**
   * Waits at most `waitMs` for at least one message. Resolves without messages when the time is over or the signal
   * aborts.
   */
  receive(options: {
    max: number;
    visibilityMs?: number;
    waitMs: number;
    signal?: AbortSignal;
  }): Promise<Delivery[]> {
    const visibilityMs = options.visibilityMs ?? this.settings.properties.VisibilityTimeout * 1000;
    return this.#receivers.receive({ ...options, visibilityMs });
  }

  /** Deletes a message. Has no effect when the message was received again after this receipt. @throws AwsError */
  delete(receipt: string): void {
    const message = this.#messages.get(idIn(receipt));
    if (message?.receipt === receipt) this.#remove(message.id);
  }

  /** Hides a message for this time from now. @throws AwsError when the message is not in flight. */
  changeVisibility(receipt: string, seconds: number): void {
    const message = this.#messages.get(idIn(receipt));
    if (!message || message.receipt !== receipt || message.visibleAtMs <= Date.now()) {
      const text = `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`;
      throw new AwsError('MessageNotInflight', text, 400, 'AWS.SimpleQueueService.MessageNotInflight');
    }
    message.visibleAtMs = Date.now() + seconds * 1000;
    this.#receivers.serve();
  }

  /** Makes a message visible after this time, unless its visibility has changed since this delivery. */
  release({ receipt, visibleAtMs }: Delivery, afterMs: number): void {
    const message = this.#messages.get(idIn(receipt));
    if (!message || message.receipt !== receipt || message.visibleAtMs !== visibleAtMs) return;
    message.visibleAtMs = Math.min(visibleAtMs, Date.now() + afterMs);
    this.#receivers.serve();
  }

  /** Deletes all messages. */
  purge(): void {
    for (const id of [...this.#messages.keys()]) this.#remove(id);
  }

  /** Numbers of messages. */
  get depth() {
    const now = Date.now();
    const messages = [...this.#messages.values()];
    const visible = messages.filter((message) => message.visibleAtMs <= now).length;
    const inFlight = messages.filter((message) => message.visibleAtMs > now && message.receipt).length;
    return { visible, inFlight, delayed: messages.length - visible - inFlight };
  }

  /** Ends all waiting receives. */
  stop(): void {
    this.#receivers.stop();
  }

  #add(message: Message) {
    this.journal.sent(this.settings.name, message);
    this.#messages.set(message.id, message);
    this.#receivers.serve();
  }

  #remove(id: string) {
    this.journal.deleted(this.settings.name, id);
    this.#messages.delete(id);
  }

  #take(max: number, visibilityMs: number): Delivery[] {
    const now = Date.now();
    const deliveries: Delivery[] = [];
    for (const message of this.#messages.values()) {
      if (deliveries.length === max) break;
      if (message.visibleAtMs > now || this.#expired(message, now) || this.#redriven(message)) continue;
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= now;
      message.receipt = `${message.id}.${randomUUID()}`;
      message.visibleAtMs = now + visibilityMs;
      this.journal.received(this.settings.name, message);
      deliveries.push({
        message: { ...message },
        receipt: message.receipt,
        visibleAtMs: message.visibleAtMs,
      });
      if (this.faults.doublesMessage(this.settings.name)) message.visibleAtMs = now;
    }
    return deliveries;
  }

  #expired(message: Message, now: number): boolean {
    const expired = now - message.sentAtMs > this.settings.properties.MessageRetentionPeriod * 1000;
    if (expired) this.#remove(message.id);
    return expired;
  }

  #redriven(message: Message): boolean {
    const limit = this.settings.properties.RedrivePolicy?.maxReceiveCount;
    if (!this.deadLetterQueue || limit === undefined || message.receiveCount < limit) return false;
    // Added there before it is removed here: a kill in between must duplicate the message, not lose it.
    const { receipt: _receipt, ...kept } = message;
    this.deadLetterQueue.#add({ ...kept, visibleAtMs: Date.now() });
    this.#remove(message.id);
    return true;
  }

  #nextVisibleAtMs(): number | undefined {
    let next: number | undefined;
    for (const { visibleAtMs } of this.#messages.values()) next = Math.min(next ?? visibleAtMs, visibleAtMs);
    return next;
  }
}

function idIn(receipt: string): string {
  const [id, nonce] = receipt.split('.');
  if (!id || !nonce) {
    throw new AwsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${receipt}" is not a valid receipt handle.`,
      404,
    );
  }
  return id;
}
