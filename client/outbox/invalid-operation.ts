import { ELEMENT_MAX_BYTES } from '../../protocol/limits.js';
import type { Operation, OperationInput } from '../../protocol/operation.js';
import type { Fault } from '../../protocol/problem.js';
import { utf8Length } from '../../protocol/text.js';

/** What makes no element may be somewhat larger than one, yet not so large that no request can carry it. */
const OPERATION_MAX_BYTES = 4 * ELEMENT_MAX_BYTES;

/** An operation that the server would refuse whatever the box holds: nothing was done. `faults` says what is wrong and where. */
export class InvalidOperation extends Error {
  override readonly name = 'InvalidOperation';

  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join(', '));
  }
}

/** The operation as JSON carries it, with names as the server keeps them. @throws InvalidOperation where no request could carry it. */
export function portable(input: OperationInput): Operation {
  const json = JSON.stringify(input);
  if (utf8Length(json) > OPERATION_MAX_BYTES)
    throw new InvalidOperation([{ pointer: '', detail: `has more than ${OPERATION_MAX_BYTES} bytes` }]);
  const operation = JSON.parse(json);
  const { type, data } = operation;
  if (type === 'folder' && typeof data?.name === 'string') data.name = data.name.normalize('NFC');
  return operation;
}
