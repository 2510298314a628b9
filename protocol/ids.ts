import * as z from 'zod/mini';
import { ID_MAX_BYTES } from './limits.js';
import { nameSchema, tooMany, utf8Length } from './text.js';

/** Shape: 1 to 128 bytes of UTF-8, without control characters. */
export const idSchema = nameSchema.check(
  z.refine((id) => utf8Length(id) <= ID_MAX_BYTES, tooMany(ID_MAX_BYTES, 'bytes')),
);

export const userIdSchema = idSchema.brand<'UserId'>();
export const deviceIdSchema = idSchema.brand<'DeviceId'>();
export const instanceIdSchema = idSchema.brand<'InstanceId'>();
export const elementIdSchema = idSchema.brand<'ElementId'>();
export const folderIdSchema = idSchema.brand<'ElementId'>().brand<'FolderId'>();
export const conversationIdSchema = idSchema.brand<'ElementId'>().brand<'ConversationId'>();
export const sessionIdSchema = idSchema.brand<'ElementId'>().brand<'SessionId'>();
export const messageIdSchema = idSchema.brand<'ElementId'>().brand<'MessageId'>();
export const policyIdSchema = idSchema.brand<'PolicyId'>();

/** The CPM User, `sub` of the token. It names exactly one box. */
export type UserId = z.infer<typeof userIdSchema>;
export type DeviceId = z.infer<typeof deviceIdSchema>;
/** An instance of a device's local database. A new database has a new id. */
export type InstanceId = z.infer<typeof instanceIdSchema>;
export type ElementId = z.infer<typeof elementIdSchema>;
export type FolderId = z.infer<typeof folderIdSchema>;
/** Conversation-ID of the CPM headers. Each conversation history has one. */
export type ConversationId = z.infer<typeof conversationIdSchema>;
/** Contribution-ID of the session. */
export type SessionId = z.infer<typeof sessionIdSchema>;
export type MessageId = z.infer<typeof messageIdSchema>;
export type PolicyId = z.infer<typeof policyIdSchema>;

/**
 * Number of the commit that last changed an element, counted per box.
 * Shape: integer, 1 to 2^53 - 1, without gaps between commits. Unit: commits, not time.
 * Source: RFC 7162 section 3.1.1 (mod-sequence).
 */
export const modSeqSchema = z.int().check(z.gte(1)).brand<'ModSeq'>();
export type ModSeq = z.infer<typeof modSeqSchema>;
