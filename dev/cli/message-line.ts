import * as z from 'zod/mini';
import { participantsSchema } from '../../protocol/elements/conversation-history.js';
import { messageDataSchema } from '../../protocol/elements/message.js';
import { SEEN } from '../../protocol/elements/message-state.js';
import { conversationIdSchema, idSchema } from '../../protocol/ids.js';
import { messageIdOf } from '../../protocol/message-id.js';
import { type OperationInput, parseOperation } from '../../protocol/operation.js';
import { validate } from '../../protocol/validation.js';

const { direction, from, to, date } = messageDataSchema.shape;

/** One line of the file: a text message, as the Participating Function recorded it. */
const messageLineSchema = z.strictObject({
  conversationId: conversationIdSchema,
  participants: participantsSchema,
  direction,
  from,
  to,
  date,
  imdnMessageId: idSchema,
  textContent: z.string(),
  seen: z.optional(z.boolean()),
});

/** The operation of a line, or what is wrong with the line. */
export type ReadOperation = { operation: OperationInput } | { fault: string };

/** The operation that deposits the message of a line. A line always gives the same message id. */
export function operationOf(value: unknown): ReadOperation {
  const line = validate(messageLineSchema, value);
  if (!line.ok) return { fault: faultText(line.faults) };
  const { conversationId, participants, seen, ...message } = line.value;
  const operation = {
    op: 'create' as const,
    type: 'message' as const,
    id: messageIdOf(message.date, message.imdnMessageId),
    conversationId,
    data: { messageContext: 'pager-message' as const, contentType: 'text/plain', ...message },
    conversation: {
      kind: participants.length <= 2 ? ('oneToOne' as const) : ('group' as const),
      participants,
    },
    ...(seen && { flags: [SEEN] }),
  };
  const checked = parseOperation(operation);
  return checked.ok ? { operation } : { fault: faultText(checked.errors) };
}

/** The faults as one text: `/date must be …; /to must be …`. */
export const faultText = (faults: { pointer: string; detail: string }[]): string =>
  faults.map(({ pointer, detail }) => `${pointer || 'it'} ${detail}`).join('; ');
