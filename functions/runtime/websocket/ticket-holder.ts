import * as z from 'zod/mini';
import type { TicketHolder } from '../../../core/ports/registry.js';
import { deviceIdSchema, instanceIdSchema, userIdSchema } from '../../../protocol/ids.js';

const holderSchema = z.strictObject({
  box: userIdSchema,
  deviceId: deviceIdSchema,
  instanceId: instanceIdSchema,
});

/** The context of a connection: the authorizer returns it, and each event of the connection contains it. */
export interface ConnectionContext {
  readonly holder: string;
}

/** The context for a holder. Shape: one ASCII string, since API Gateway allows only strings and ids can contain any character. */
export const contextOf = ({ box, deviceId, instanceId }: TicketHolder): ConnectionContext => ({
  holder: Buffer.from(JSON.stringify({ box, deviceId, instanceId })).toString('base64url'),
});

/** The holder in a context. @throws Error when our authorizer did not create the context */
export function holderOf(context: Partial<ConnectionContext> | undefined): TicketHolder {
  const text = Buffer.from(context?.holder ?? '', 'base64url').toString();
  const holder = holderSchema.safeParse(text === '' ? undefined : JSON.parse(text));
  if (!holder.success)
    throw new Error('the context of the connection must have a holder from the authorizer');
  return holder.data;
}
