import * as z from 'zod/mini';
import { elementTypeSchema, elementTypesSchema } from './elements/element.js';
import { messageContextSchema } from './elements/message.js';
import { conversationIdSchema, folderIdSchema } from './ids.js';
import { PUSH_WINDOW_MAX_MS, SCOPE_IDS_MAX } from './limits.js';
import { atMost, someOf, tooMany } from './text.js';

const days = z.int().check(z.gte(1), z.lte(36_500));
const pushWindowMs = z.int().check(z.gte(0), z.lte(PUSH_WINDOW_MAX_MS));
const folders = z.union([z.literal('*'), z.array(folderIdSchema)], 'must be "*" or a list of folder ids');

const excludedSchema = z.array(conversationIdSchema).check(atMost(SCOPE_IDS_MAX, 'ids'));

const idsIn = (list: unknown): number => (Array.isArray(list) ? list.length : 0);

/** The user's choice of what one device keeps. An absent member means everything. */
export const preferencesSchema = z
  .strictObject({
    elementTypes: z.optional(elementTypesSchema),
    folders: z.optional(folders),
    excludeConversations: z.optional(excludedSchema),
    maxMessageAgeDays: z.optional(days),
    maxTextBytes: z.optional(z.int().check(z.gte(0))),
    serverInitiated: z.optional(z.boolean()),
    pushWindowMs: z.optional(pushWindowMs),
  })
  .check(
    z.refine(
      ({ folders, excludeConversations }) => idsIn(folders) + idsIn(excludeConversations) <= SCOPE_IDS_MAX,
      {
        error: `${tooMany(SCOPE_IDS_MAX, 'ids')} in folders and excludeConversations`,
        when: ({ value }) => typeof value === 'object' && value !== null, // also when other members have faults
      },
    ),
  );
export type Preferences = z.infer<typeof preferencesSchema>;

/** The scope of a device: its preferences, limited by the policies. An absent age means no limit. Unit of ages: days. Source: RULES.md, SC. */
export const effectiveSchema = z.object({
  elementTypes: z.array(elementTypeSchema),
  folders,
  excludeConversations: z.array(conversationIdSchema),
  maxMessageAgeDays: someOf(messageContextSchema.options, days),
  maxTextBytes: z.optional(z.int()),
  serverInitiated: z.boolean(),
  pushWindowMs,
});
export type Effective = z.infer<typeof effectiveSchema>;
