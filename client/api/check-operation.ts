import { type Operation, parseOperation } from '../../protocol/operation.js';
import { InvalidOperation } from '../outbox/invalid-operation.js';

/**
 * Checks an operation as the server does: the `check` of a client that wants to know at once, and not by the event
 * `refused`. It is apart since a client can do without.
 * @throws InvalidOperation
 */
export function checkOperation(operation: Operation): Operation {
  const parsed = parseOperation(operation);
  if (!parsed.ok) throw new InvalidOperation(parsed.errors);
  return parsed.operation;
}
