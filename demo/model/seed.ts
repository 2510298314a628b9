import { messageIdOf } from '../../protocol/message-id.js';
import type { OperationInput } from '../../protocol/operation.js';
import { SEED, SEED_FOLDERS, type SeedConversation } from './seed-content.js';

/** The operations that fill a new box, in the order of their deposit. */
export function seedOperations(me: string, nowMs: number): OperationInput[] {
  const folders = SEED_FOLDERS.map(
    ({ id, name }): OperationInput => ({
      op: 'create',
      type: 'folder',
      id,
      data: { name, parentFolderId: 'RCSMessageStore' },
    }),
  );
  return [...folders, ...SEED.flatMap((conversation) => operationsOf(conversation, me, nowMs))];
}

function operationsOf(
  { id: conversationId, folderId, subject, with: others, messages }: SeedConversation,
  me: string,
  nowMs: number,
): OperationInput[] {
  const participants = [me, ...others];
  const kind = others.length > 1 ? 'group' : 'oneToOne';
  const made: OperationInput = {
    op: 'create',
    type: 'conversationHistory',
    id: conversationId,
    data: { kind, participants, folderId, ...(subject && { subject }) },
  };
  const contents = messages.flatMap(({ minutesAgo, from = me, text, unread, flagged, reported }, i) => {
    const date = new Date(nowMs - minutesAgo * 60_000).toISOString();
    const imdnMessageId = `${conversationId}-${i + 1}`;
    const id = messageIdOf(date, imdnMessageId);
    const isIn = from !== me;
    const flags = [...(isIn && !unread ? ['\\Seen'] : []), ...(flagged ? ['\\Flagged'] : [])];
    const message: OperationInput = {
      op: 'create',
      type: 'message',
      id,
      conversationId,
      ...(flags.length > 0 && { flags }),
      data: {
        messageContext: 'chat-message',
        direction: isIn ? 'In' : 'Out',
        from,
        to: participants.filter((uri) => uri !== from),
        date,
        contentType: 'text/plain',
        textContent: text,
        imdnMessageId,
      },
    };
    if (!reported) return [message];
    const at = new Date(nowMs - minutesAgo * 60_000 + 5_000).toISOString();
    const kinds = reported === 'displayed' ? (['delivered', 'displayed'] as const) : (['delivered'] as const);
    const dispositions = others.flatMap((participant) =>
      kinds.map((disposition) => ({ participant, disposition, at })),
    );
    const state: OperationInput = {
      op: 'modify',
      type: 'messageState',
      id,
      conversationId,
      data: { dispositions },
    };
    return [message, state];
  });
  return [made, ...contents];
}
