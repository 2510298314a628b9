import type { Faults } from '../faults.js';
import { LocalCloudProblem } from '../problem.js';
import { AwsError } from '../services/aws-error.js';
import { Queue, type QueueSettings } from './queue.js';
import type { QueueJournal } from './queue-journal.js';

/** All queues of the stack. */
export class Queues {
  readonly #queues: Queue[];

  /** @throws LocalCloudProblem when a dead-letter queue is not among the queues. */
  constructor(
    settings: QueueSettings[],
    private readonly journal: QueueJournal,
    faults: Faults,
  ) {
    this.#queues = settings.map((it) => new Queue(it, journal, faults));
    for (const queue of this.#queues) {
      const target = queue.settings.properties.RedrivePolicy?.deadLetterTargetArn;
      if (target) queue.deadLetterQueue = this.byArn(target);
    }
  }

  get all(): readonly Queue[] {
    return this.#queues;
  }

  /** Numbers of messages, by name of the queue. */
  get depths(): Record<string, Queue['depth']> {
    return Object.fromEntries(this.#queues.map(({ settings, depth }) => [settings.name, depth]));
  }

  /** @throws LocalCloudProblem when there is no such queue. */
  byArn(arn: string): Queue {
    const queue = this.#queues.find(({ settings }) => settings.arn === arn);
    if (!queue)
      throw new LocalCloudProblem(`The template refers to the queue ${arn}, which is not in the template`);
    return queue;
  }

  /**
   * Finds a queue by the last part of its URL, since ports change between starts.
   * @throws AwsError when there is no such queue.
   */
  byUrl(url: string): Queue {
    return this.byName(url.split('/').at(-1) ?? '');
  }

  /** @throws AwsError when there is no such queue. */
  byName(name: string): Queue {
    const queue = this.#queues.find(({ settings }) => settings.name === name);
    if (queue) return queue;
    const text = 'The specified queue does not exist.';
    throw new AwsError('QueueDoesNotExist', text, 400, 'AWS.SimpleQueueService.NonExistentQueue');
  }

  /** Stops all queues and closes the journal. */
  stop(): void {
    for (const queue of this.#queues) queue.stop();
    this.journal.close();
  }
}
