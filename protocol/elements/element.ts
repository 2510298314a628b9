import * as z from 'zod/mini';
import { conversationIdSchema, elementIdSchema, modSeqSchema } from '../ids.js';
import { atMost } from '../text.js';
import { conversationDataSchema } from './conversation-history.js';
import { ELEMENT_TYPES, type ElementType } from './element-types.js';
import { folderDataSchema } from './folder.js';
import { messageDataSchema } from './message.js';
import { messageStateDataSchema } from './message-state.js';
import { sessionDataSchema } from './session-history.js';

export { ELEMENT_TYPES, type ElementType } from './element-types.js';

/** A type of the table that is missing in `elementSchema` does not compile. */
export const elementTypeSchema = z.enum(ELEMENT_TYPES satisfies readonly Element['type'][]);

const TYPES_LISTED_MAX = 50; // a list can repeat a type, within reason
/** Types of elements in a scope. */
export const elementTypesSchema = z.array(elementTypeSchema).check(atMost(TYPES_LISTED_MAX, 'types'));

const common = { id: elementIdSchema, modSeq: modSeqSchema };
const inConversation = { ...common, conversationId: conversationIdSchema };

export const folderElementSchema = z.strictObject({
  ...folderDataSchema.shape,
  type: z.literal('folder'),
  ...common,
});
export const conversationElementSchema = z.strictObject({
  ...conversationDataSchema.shape,
  type: z.literal('conversationHistory'),
  ...common,
});
export const sessionElementSchema = z.strictObject({
  ...sessionDataSchema.shape,
  type: z.literal('sessionHistory'),
  ...inConversation,
});
export const messageElementSchema = z.strictObject({
  ...messageDataSchema.shape,
  type: z.literal('message'),
  ...inConversation,
  textTruncated: z.optional(z.literal(true)), // the text is cut at the scope's maxTextBytes
});
export const messageStateElementSchema = z.strictObject({
  ...messageStateDataSchema.shape,
  type: z.literal('messageState'),
  ...inConversation,
});

/** A live element on the wire: its attributes beside `type`, `id` and `modSeq`. */
export const elementSchema = z.discriminatedUnion('type', [
  folderElementSchema,
  conversationElementSchema,
  sessionElementSchema,
  messageElementSchema,
  messageStateElementSchema,
]);
export type Element = z.infer<typeof elementSchema>;
export type ElementOf<T extends ElementType> = Extract<Element, { readonly type: T }>;
export type FolderElement = z.infer<typeof folderElementSchema>;
export type ConversationElement = z.infer<typeof conversationElementSchema>;
export type SessionElement = z.infer<typeof sessionElementSchema>;
export type MessageElement = z.infer<typeof messageElementSchema>;
export type MessageStateElement = z.infer<typeof messageStateElementSchema>;

export const removalReasonSchema = z.enum(['deleted', 'expired', 'outOfScope']);

/** An element that no longer exists, or is no longer in the scope. The removal of a container also removes its contents. */
export const removalSchema = z.strictObject({
  type: elementTypeSchema,
  id: elementIdSchema,
  modSeq: modSeqSchema,
  conversationId: z.optional(conversationIdSchema),
  removed: removalReasonSchema,
});
export type Removal = z.infer<typeof removalSchema>;

export const changeSchema = z.union([removalSchema, elementSchema]);
export type Change = Element | Removal;

/** Whether a change is a removal. */
export const isRemoval = (change: Change): change is Removal => 'removed' in change;
