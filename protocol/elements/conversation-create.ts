import * as z from 'zod/mini';
import { folderIdSchema } from '../ids.js';
import { DEFAULT_FOLDER } from '../limits.js';
import { conversationSeedSchema } from './conversation-history.js';

/** Attributes of a new conversation history. Without a folder it is in `default`. */
export const conversationCreateSchema = z.strictObject({
  ...conversationSeedSchema.shape,
  folderId: z._default(folderIdSchema, folderIdSchema.parse(DEFAULT_FOLDER)),
});
