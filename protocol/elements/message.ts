import * as z from 'zod/mini';
import { idSchema, messageIdSchema, sessionIdSchema } from '../ids.js';
import { PAYLOAD_PARTS_MAX } from '../limits.js';
import { atMost, instantSchema, nameSchema, textSchema, uriSchema } from '../text.js';
import { participantsSchema } from './conversation-history.js';

/** Kind of message. Source: OMA CPM message storage, Message-Context. */
export const messageContextSchema = z.enum([
  'pager-message',
  'multimedia-message',
  'chat-message',
  'file-message',
  'standalone-message',
  'voice-message',
  'fax-message',
]);
export type MessageContext = z.infer<typeof messageContextSchema>;

/** A part of the contents that is stored elsewhere. `href`: its address. Unit of `size`: bytes. */
export const payloadPartSchema = z.strictObject({
  contentType: nameSchema,
  size: z.int().check(z.gte(0)), // bytes
  href: nameSchema,
  contentId: z.optional(nameSchema),
  name: z.optional(textSchema),
});

export const payloadPartsSchema = z.array(payloadPartSchema).check(atMost(PAYLOAD_PARTS_MAX, 'parts'));

/** A CPM message. `textContent` is its text. `payloadParts` refer to other contents, which the server does not store. */
export const messageDataSchema = z.strictObject({
  sessionId: z.optional(sessionIdSchema),
  messageContext: messageContextSchema,
  direction: z.enum(['In', 'Out']),
  from: uriSchema,
  to: participantsSchema,
  date: instantSchema,
  subject: z.optional(textSchema),
  contentType: nameSchema,
  textContent: z.optional(textSchema),
  payloadParts: z.optional(payloadPartsSchema),
  contributionId: z.optional(idSchema),
  inReplyToContributionId: z.optional(idSchema),
  inReplyToMessageId: z.optional(messageIdSchema),
  imdnMessageId: z.optional(idSchema),
  correlationId: z.optional(idSchema),
  correlationTag: z.optional(textSchema),
});
export type MessageData = z.infer<typeof messageDataSchema>;
