import * as z from 'zod/mini';
import { folderIdSchema } from '../ids.js';
import { instantSchema, patchable, textSchema } from '../text.js';
import { participantsSchema } from './conversation-history.js';
import { folderNameSchema } from './folder.js';
import { fewEnoughStay, listedFlagsSchema } from './listed-flags.js';
import { payloadPartsSchema } from './message.js';
import { dispositionsSchema } from './message-state.js';
import { groupStateSchema } from './session-history.js';

// Attributes of `modify` for each type. They are apart from the elements, because a client does not bundle them.

export const folderPatchSchema = z.strictObject({
  name: z.optional(folderNameSchema),
  parentFolderId: patchable(folderIdSchema),
});

export const conversationPatchSchema = z.strictObject({
  folderId: z.optional(folderIdSchema),
  subject: patchable(textSchema),
  participants: z.optional(participantsSchema),
});

/** A patch cannot delete single members, because a group state needs all of them. */
const { shape } = groupStateSchema;
export const groupStatePatchSchema = z.strictObject({
  lastFocusSessionId: z.optional(shape.lastFocusSessionId),
  groupType: z.optional(shape.groupType),
  participants: z.optional(shape.participants),
  timestamp: z.optional(shape.timestamp),
});

export const sessionPatchSchema = z.strictObject({
  subject: patchable(textSchema),
  participants: z.optional(participantsSchema),
  endedAt: patchable(instantSchema),
  groupState: patchable(groupStatePatchSchema), // the server validates the merged value
});

export const messagePatchSchema = z.strictObject({
  subject: patchable(textSchema),
  textContent: patchable(textSchema),
  payloadParts: patchable(payloadPartsSchema),
});

/** Flags to add and to remove, and dispositions to add. A repeated disposition of a participant keeps its first `at`. */
export const messageStatePatchSchema = z
  .strictObject({
    addFlags: z.optional(listedFlagsSchema),
    removeFlags: z.optional(listedFlagsSchema),
    dispositions: z.optional(dispositionsSchema),
  })
  .check(fewEnoughStay);
export type MessageStatePatch = z.infer<typeof messageStatePatchSchema>;
