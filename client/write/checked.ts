import { ELEMENT_MAX_BYTES } from '../../protocol/limits.js';
import { type Operation, type OperationInput, parseOperation } from '../../protocol/operation.js';
import type { Fault } from '../../protocol/problem.js';
import { utf8Length } from '../../protocol/text.js';

/** An operation that the server would refuse whatever the box holds: nothing was done. `faults` says what is wrong and where. */
export class InvalidOperation extends Error {
  override readonly name = 'InvalidOperation';

  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join(', '));
  }
}

/** @throws InvalidOperation */
export function checked(input: OperationInput): Operation {
  const json = JSON.stringify(input);
  const parsed = parseOperation(JSON.parse(json));
  if (!parsed.ok) throw new InvalidOperation(parsed.errors);
  // What makes no element may be somewhat larger, yet not so large that no request can carry it.
  if (utf8Length(json) > 4 * ELEMENT_MAX_BYTES)
    throw new InvalidOperation([{ pointer: '', detail: `has more than ${4 * ELEMENT_MAX_BYTES} bytes` }]);
  return parsed.operation;
}
