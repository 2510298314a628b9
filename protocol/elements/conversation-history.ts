import * as z from 'zod/mini';
import { folderIdSchema, modSeqSchema } from '../ids.js';
import { PARTICIPANTS_MAX } from '../limits.js';
import { atMost, textSchema, uriSchema } from '../text.js';

export const conversationKindSchema = z.enum(['oneToOne', 'group']);

export const participantsSchema = z.array(uriSchema).check(atMost(PARTICIPANTS_MAX, 'participants'));

/** Attributes that a message contains for its conversation history, in case the server must create it. */
export const conversationSeedSchema = z.strictObject({
  kind: conversationKindSchema,
  participants: participantsSchema,
  subject: z.optional(textSchema),
});
export type ConversationSeed = z.infer<typeof conversationSeedSchema>;

/** A CPM conversation history. Its `id` is the Conversation-ID. `createdModSeq` distinguishes it from a deleted one of the same id. */
export const conversationDataSchema = z.strictObject({
  ...conversationSeedSchema.shape,
  folderId: folderIdSchema,
  createdModSeq: modSeqSchema,
});
export type ConversationData = z.infer<typeof conversationDataSchema>;
