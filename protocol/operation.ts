import * as z from 'zod/mini';
import { conversationCreateSchema } from './elements/conversation-create.js';
import { conversationSeedSchema, participantsSchema } from './elements/conversation-history.js';
import { elementTypeSchema } from './elements/element.js';
import type { OperationKind } from './elements/element-types.js';
import { folderDataSchema } from './elements/folder.js';
import { firstFlagsSchema } from './elements/listed-flags.js';
import { messageDataSchema, payloadPartsSchema } from './elements/message.js';
import { dispositionsSchema } from './elements/message-state.js';
import {
  conversationPatchSchema,
  folderPatchSchema,
  messagePatchSchema,
  messageStatePatchSchema,
  sessionPatchSchema,
} from './elements/patches.js';
import { groupParticipantsSchema, sessionDataSchema } from './elements/session-history.js';
import { faultsOf } from './faults.js';
import {
  conversationIdSchema,
  folderIdSchema,
  messageIdSchema,
  modSeqSchema,
  sessionIdSchema,
} from './ids.js';
import { lookingInto } from './list.js';
import type { Fault } from './problem.js';

const n = z.optional(z.int().check(z.gte(1)));
const create = { n, op: z.literal('create') };
const modify = { n, op: z.literal('modify'), ifModSeq: z.optional(modSeqSchema) };
const remove = { n, op: z.literal('delete'), ifModSeq: z.optional(modSeqSchema) };

const folder = { type: z.literal('folder'), id: folderIdSchema };
const conversation = { type: z.literal('conversationHistory'), id: conversationIdSchema };
const session = {
  type: z.literal('sessionHistory'),
  id: sessionIdSchema,
  conversationId: conversationIdSchema,
};
const message = { type: z.literal('message'), id: messageIdSchema, conversationId: conversationIdSchema };
const messageState = { ...message, type: z.literal('messageState') };

/** Lists of elements: a client that is only told of them need not look into what is too long. */
for (const list of [participantsSchema, groupParticipantsSchema, payloadPartsSchema, dispositionsSchema]) {
  lookingInto<z.core.$ZodArray>(list);
}

/** One schema for each thing that can be done to each type; what is not here cannot be done. */
const SCHEMAS = {
  'create folder': z.strictObject({ ...create, ...folder, data: folderDataSchema }),
  'modify folder': z.strictObject({ ...modify, ...folder, data: folderPatchSchema }),
  'delete folder': z.strictObject({ ...remove, ...folder }),
  'create conversationHistory': z.strictObject({
    ...create,
    ...conversation,
    data: conversationCreateSchema,
  }),
  'modify conversationHistory': z.strictObject({ ...modify, ...conversation, data: conversationPatchSchema }),
  'delete conversationHistory': z.strictObject({ ...remove, ...conversation }),
  'create sessionHistory': z.strictObject({ ...create, ...session, data: sessionDataSchema }),
  'modify sessionHistory': z.strictObject({ ...modify, ...session, data: sessionPatchSchema }),
  'delete sessionHistory': z.strictObject({ ...remove, ...session }),
  'create message': z.strictObject({
    ...create,
    ...message,
    data: messageDataSchema,
    flags: z.optional(firstFlagsSchema),
    conversation: z.optional(conversationSeedSchema),
  }),
  'modify message': z.strictObject({ ...modify, ...message, data: messagePatchSchema }),
  'delete message': z.strictObject({ ...remove, ...message }),
  'modify messageState': z.strictObject({ ...modify, ...messageState, data: messageStatePatchSchema }),
} satisfies Record<OperationKind, z.ZodMiniType>;

type Schemas = typeof SCHEMAS;
/** An operation as the core evaluates it: every member checked. */
export type Operation = z.infer<Schemas[OperationKind]>;
export type OperationOf<K extends OperationKind> = z.infer<Schemas[K]>;
/** An operation as a client writes it, before defaults. */
export type OperationInput = z.input<Schemas[OperationKind]>;

export const operationSchemas: Readonly<Record<OperationKind, z.ZodMiniType<Operation>>> = SCHEMAS as never;

const kindSchema = z.looseObject({ op: z.enum(['create', 'modify', 'delete']), type: elementTypeSchema });

export type ParsedOperation = { ok: true; operation: Operation } | { ok: false; errors: Fault[] };

/** Checks one operation; its faults are its own result (`invalid`) and hold no other operation back. */
export function parseOperation(input: unknown): ParsedOperation {
  const kind = kindSchema.safeParse(input, { reportInput: true });
  if (!kind.success) return { ok: false, errors: faultsOf(kind.error) };
  const name = `${kind.data.op} ${kind.data.type}`;
  if (!Object.hasOwn(SCHEMAS, name)) {
    return { ok: false, errors: [{ pointer: '/op', detail: `${kind.data.type} has no ${kind.data.op}` }] };
  }
  const parsed = operationSchemas[name as OperationKind].safeParse(input, { reportInput: true });
  return parsed.success
    ? { ok: true, operation: parsed.data }
    : { ok: false, errors: faultsOf(parsed.error) };
}
