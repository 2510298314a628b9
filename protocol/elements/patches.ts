import * as z from 'zod/mini';
import { folderIdSchema } from '../ids.js';
import { instantSchema, patchable, textSchema } from '../text.js';
import { participantsSchema } from './conversation-history.js';
import { folderNameSchema } from './folder.js';
import { payloadPartsSchema } from './message.js';
import { dispositionsSchema, flagsSchema } from './message-state.js';

// What `modify` takes, for each type: apart from the elements, since a client that is told of these alone can do without.

export const folderPatchSchema = z.strictObject({
  name: z.optional(folderNameSchema),
  parentFolderId: patchable(folderIdSchema),
});

export const conversationPatchSchema = z.strictObject({
  folderId: z.optional(folderIdSchema),
  subject: patchable(textSchema),
  participants: z.optional(participantsSchema),
});

export const sessionPatchSchema = z.strictObject({
  subject: patchable(textSchema),
  participants: z.optional(participantsSchema),
  endedAt: patchable(instantSchema),
  groupState: z.optional(z.nullable(z.looseObject({}))), // merged, then checked as a whole
});

export const messagePatchSchema = z.strictObject({
  subject: patchable(textSchema),
  textContent: patchable(textSchema),
  payloadParts: patchable(payloadPartsSchema),
});

/** `dispositions` are added; the same participant and disposition keeps its first `at`. */
export const messageStatePatchSchema = z.strictObject({
  addFlags: z.optional(flagsSchema),
  removeFlags: z.optional(flagsSchema),
  dispositions: z.optional(dispositionsSchema),
});
export type MessageStatePatch = z.infer<typeof messageStatePatchSchema>;
