import * as z from 'zod/mini';
import { folderIdSchema, modSeqSchema } from '../ids.js';
import { PARTICIPANTS_MAX } from '../limits.js';
import { atMost, textSchema, uriSchema } from '../text.js';

export const conversationKindSchema = z.enum(['oneToOne', 'group']);

export const participantsSchema = z.array(uriSchema).check(atMost(PARTICIPANTS_MAX, 'participants'));

/** What a message brings along for a conversation history that may not be there yet. */
export const conversationSeedSchema = z.strictObject({
  kind: conversationKindSchema,
  participants: participantsSchema,
  subject: z.optional(textSchema),
});
export type ConversationSeed = z.infer<typeof conversationSeedSchema>;

/** A CPM conversation history; its `id` is the Conversation-ID. `createdModSeq` tells its lives apart. */
export const conversationDataSchema = z.strictObject({
  ...conversationSeedSchema.shape,
  folderId: folderIdSchema,
  createdModSeq: modSeqSchema,
});
export type ConversationData = z.infer<typeof conversationDataSchema>;
