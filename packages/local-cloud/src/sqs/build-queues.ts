import type { DataFolder } from '../data-folder.js';
import type { Faults } from '../faults.js';
import type { Stack } from '../template/stack.js';
import { noJournal, openQueueJournal } from './queue-journal.js';
import { Queues } from './queues.js';

/** The queues of the stack, with the messages kept in the data folder. */
export function buildQueues(stack: Stack, folder: DataFolder | undefined, faults: Faults): Queues {
  const settings = stack
    .resources('AWS::SQS::Queue')
    .map(({ name, arn, ref, properties }) => ({ name, arn, url: ref, properties }));
  const journal = folder ? openQueueJournal(folder.path('queues.journal')) : noJournal;
  return new Queues(settings, journal, faults);
}
