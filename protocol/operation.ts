import * as z from 'zod/mini';
import { conversationCreateSchema } from './elements/conversation-create.js';
import { conversationSeedSchema } from './elements/conversation-history.js';
import { elementTypeSchema } from './elements/element.js';
import type { OperationKind } from './elements/element-types.js';
import { folderDataSchema } from './elements/folder.js';
import { firstFlagsSchema } from './elements/listed-flags.js';
import { messageDataSchema } from './elements/message.js';
import {
  conversationPatchSchema,
  folderPatchSchema,
  messagePatchSchema,
  messageStatePatchSchema,
  sessionPatchSchema,
} from './elements/patches.js';
import { sessionDataSchema } from './elements/session-history.js';
import {
  conversationIdSchema,
  folderIdSchema,
  messageIdSchema,
  modSeqSchema,
  sessionIdSchema,
} from './ids.js';
import type { Fault } from './problem.js';
import { validate } from './validation.js';

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

/** One schema for each operation of each type. There are no other operations. */
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
/** A valid operation, with its defaults. */
export type Operation = z.infer<Schemas[OperationKind]>;
export type OperationOf<K extends OperationKind> = z.infer<Schemas[K]>;
/** An operation as a client writes it, without defaults. */
export type OperationInput = z.input<Schemas[OperationKind]>;

/** The schema of each operation, by its name, as `create folder`. */
export const operationSchemas: Readonly<Record<OperationKind, z.ZodMiniType<Operation>>> = SCHEMAS as never;

const kindSchema = z.looseObject({ op: z.enum(['create', 'modify', 'delete']), type: elementTypeSchema });

export type ParsedOperation = { ok: true; operation: Operation } | { ok: false; errors: Fault[] };

/** Checks one operation. Its faults are its own result (`invalid`) and do not affect other operations. */
export function parseOperation(input: unknown): ParsedOperation {
  const kind = validate(kindSchema, input);
  if (!kind.ok) return { ok: false, errors: kind.faults };
  const { op, type } = kind.value;
  const name = `${op} ${type}`;
  if (!Object.hasOwn(SCHEMAS, name)) {
    return {
      ok: false,
      errors: [{ pointer: '/op', detail: `must not be ${op}: ${type} has no such operation` }],
    };
  }
  const operation = validate(operationSchemas[name as OperationKind], input);
  return operation.ok ? { ok: true, operation: operation.value } : { ok: false, errors: operation.faults };
}
