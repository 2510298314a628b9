import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import type { Message } from './message.js';

type Kept = Pick<Message, 'id' | 'body' | 'attributes' | 'sentAtMs' | 'visibleAtMs' | 'receiveCount'>;

type Entry =
  | ({ op: 'sent'; queue: string } & Kept)
  | { op: 'received'; queue: string; id: string; receiveCount: number }
  | { op: 'deleted'; queue: string; id: string };

/** Records what is in the queues, so that the next start of the cloud finds it. */
export interface QueueJournal {
  sent(queue: string, message: Message): void;
  received(queue: string, message: Message): void;
  deleted(queue: string, id: string): void;
  /** The messages of a queue when the journal was opened. Messages that were in flight are visible again. */
  recalled(queue: string): Message[];
  close(): void;
}

/** The journal of a cloud that keeps its data in memory. */
export const noJournal: QueueJournal = {
  sent() {},
  received() {},
  deleted() {},
  recalled: () => [],
  close() {},
};

/**
 * Opens a file with one entry a line. Each entry is written before its operation is answered. Opening removes the
 * entries of deleted messages. An incomplete last line belongs to an operation that was not answered, and is dropped.
 */
export function openQueueJournal(file: string): QueueJournal {
  const kept = existsSync(file) ? replay(readFileSync(file, 'utf8')) : new Map<string, Map<string, Kept>>();
  const lines = [...kept].flatMap(([queue, messages]) =>
    [...messages.values()].map((message) => line({ op: 'sent', queue, ...message })),
  );
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${file}.new`, file);

  const descriptor = openSync(file, 'a', 0o600);
  let open = true;
  const append = (entry: Entry) => {
    if (open) writeSync(descriptor, line(entry));
  };
  return {
    sent: (queue, { id, body, attributes, sentAtMs, visibleAtMs, receiveCount }) =>
      append({ op: 'sent', queue, id, body, attributes, sentAtMs, visibleAtMs, receiveCount }),
    received: (queue, { id, receiveCount }) => append({ op: 'received', queue, id, receiveCount }),
    deleted: (queue, id) => append({ op: 'deleted', queue, id }),
    recalled: (queue) => [...(kept.get(queue)?.values() ?? [])].map((message) => ({ ...message })),
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

const line = (entry: Entry) => `${JSON.stringify(entry)}\n`;

function replay(text: string): Map<string, Map<string, Kept>> {
  const queues = new Map<string, Map<string, Kept>>();
  for (const entry of entriesOf(text)) {
    const messages = queues.get(entry.queue) ?? new Map<string, Kept>();
    queues.set(entry.queue, messages);
    if (entry.op === 'deleted') messages.delete(entry.id);
    if (entry.op === 'sent') {
      const { op: _op, queue: _queue, ...message } = entry;
      messages.set(entry.id, message);
    }
    const message = messages.get(entry.id);
    if (entry.op === 'received' && message)
      messages.set(entry.id, { ...message, receiveCount: entry.receiveCount });
  }
  return queues;
}

function entriesOf(text: string): Entry[] {
  const complete = text.split('\n').slice(0, -1);
  return complete.flatMap((it) => {
    try {
      return [JSON.parse(it) as Entry];
    } catch {
      return [];
    }
  });
}
