import * as z from 'zod/mini';
import type { TicketHolder } from '../../../core/ports/registry.js';
import { deviceIdSchema, instanceIdSchema, userIdSchema } from '../../../protocol/ids.js';

const holderSchema = z.strictObject({
  box: userIdSchema,
  deviceId: deviceIdSchema,
  instanceId: instanceIdSchema,
});

/** What the authorizer leaves with a connection, for every event of it. */
export interface ConnectionContext {
  readonly holder: string;
}

/** In one value of plain ASCII: API Gateway carries strings alone, and ids may hold any character. */
export const contextOf = ({ box, deviceId, instanceId }: TicketHolder): ConnectionContext => ({
  holder: Buffer.from(JSON.stringify({ box, deviceId, instanceId })).toString('base64url'),
});

/** @throws Error for a context that our authorizer has not made. */
export function holderOf(context: Partial<ConnectionContext> | undefined): TicketHolder {
  const text = Buffer.from(context?.holder ?? '', 'base64url').toString();
  const holder = holderSchema.safeParse(text === '' ? undefined : JSON.parse(text));
  if (!holder.success) throw new Error('the connection has no holder from the authorizer');
  return holder.data;
}
