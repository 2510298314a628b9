import * as z from 'zod/mini';
import { idSchema } from '../ids.js';
import { PARTICIPANTS_MAX } from '../limits.js';
import { atMost, instantSchema, textSchema, uriSchema } from '../text.js';
import { participantsSchema } from './conversation-history.js';

export const groupParticipantsSchema = z
  .array(z.strictObject({ uri: uriSchema, name: z.optional(textSchema) }))
  .check(atMost(PARTICIPANTS_MAX, 'participants'));

/** State of the group of a session. `lastFocusSessionId`: Session-ID of the last focus. Source: OMA CPM 5.6.x. */
export const groupStateSchema = z.strictObject({
  lastFocusSessionId: textSchema,
  groupType: z.enum(['open', 'closed']),
  participants: groupParticipantsSchema,
  timestamp: instantSchema,
});

/** A CPM session history. Its `id` is the Contribution-ID. */
export const sessionDataSchema = z.strictObject({
  originator: uriSchema,
  participants: participantsSchema,
  subject: z.optional(textSchema),
  startedAt: instantSchema,
  endedAt: z.optional(instantSchema),
  inReplyToContributionId: z.optional(idSchema),
  groupState: z.optional(groupStateSchema),
});
export type SessionData = z.infer<typeof sessionDataSchema>;
