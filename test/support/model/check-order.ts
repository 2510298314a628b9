import { changesIn, type Response } from './client/wire.js';
import type { Device } from './device.js';
import { canonical, type Wire } from './elements.js';
import { Violation } from './stage.js';

/**
 * Protocol, section 4, order of an initial synchronization, for a box without concurrent writes. Folders and
 * conversation histories come first. Contents follow, each conversation history in one piece with its newest
 * message first. Within an answer types have their own order, so only messages show this.
 */
export function checkOrder({ deviceId }: Device, answers: readonly Response[]): void {
  const fail = (what: string, change: Wire): never => {
    throw new Violation(`${deviceId} starts over, but ${what}: ${canonical(change)}`);
  };
  const done = new Set<string>();
  let last: Wire | undefined;
  let hasContents = false;
  for (const answer of answers) {
    const changes = changesIn(answer);
    for (const change of changes) {
      const { type, conversationId = '' } = change;
      if (change.removed !== undefined) fail('receives a removal', change);
      if (conversationId === '') {
        if (hasContents) fail('receives a container after contents', change);
        continue;
      }
      if (type !== 'message') continue;
      if (last && last.conversationId !== conversationId) done.add(last.conversationId as string);
      if (done.has(conversationId)) fail('returns to a conversation history', change);
      if (last?.conversationId === conversationId && isAtMost(last.id, change.id))
        fail('receives an older message first', change);
      last = change;
    }
    hasContents ||= changes.some(({ conversationId }) => conversationId !== undefined);
  }
}

/** Ids sort by their bytes in UTF-8. */
const isAtMost = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) <= 0;
