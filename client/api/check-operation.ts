import { type Operation, parseOperation } from '../../protocol/operation.js';
import { InvalidOperation } from '../outbox/invalid-operation.js';

/**
 * Checks an operation as the server does. Pass it as `check` of the client's options, so that invalid operations throw at
 * once and do not wait for the event `refused`. A client without it has a smaller bundle.
 * @returns the operation.
 * @throws InvalidOperation with all faults.
 */
export function checkOperation(operation: Operation): Operation {
  const parsed = parseOperation(operation);
  if (!parsed.ok) throw new InvalidOperation(parsed.errors);
  return parsed.operation;
}
