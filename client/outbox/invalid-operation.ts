import { ELEMENT_MAX_BYTES } from '../../protocol/limits.js';
import type { Operation, OperationInput } from '../../protocol/operation.js';
import type { Fault } from '../../protocol/problem.js';
import { utf8Length } from '../../protocol/text.js';

/** The server checks the limit of elements. An operation can be larger than its element, but must fit into a request. */
const OPERATION_MAX_BYTES = 4 * ELEMENT_MAX_BYTES;

/** Thrown for an operation that every server would refuse. Nothing was queued. `faults` has each fault with its place. */
export class InvalidOperation extends Error {
  override readonly name = 'InvalidOperation';

  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join(', '));
  }
}

/**
 * Converts an operation to its JSON form, with folder names normalized as the server stores them.
 * @throws InvalidOperation if the operation is too large for a request.
 */
export function portable(input: OperationInput): Operation {
  const json = JSON.stringify(input);
  if (utf8Length(json) > OPERATION_MAX_BYTES)
    throw new InvalidOperation([{ pointer: '', detail: `must have at most ${OPERATION_MAX_BYTES} bytes` }]);
  const operation = JSON.parse(json);
  const { type, data } = operation;
  if (type === 'folder' && typeof data?.name === 'string') data.name = data.name.normalize('NFC');
  return operation;
}
