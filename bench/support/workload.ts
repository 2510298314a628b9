import { createReadStream } from 'node:fs';
import { readJsonLines } from '../../dev/cli/json-lines.js';
import { operationOf } from '../../dev/cli/message-line.js';
import type { OperationInput } from '../../protocol/operation.js';
import { generatedMessages } from '../../test/support/generated-messages.js';

export const USER = 'tel:+15550100';
const LINE_MAX_BYTES = 256 * 1024;

/** Messages as the Participating Function deposits them, oldest first. */
export interface Workload {
  readonly name: string;
  readonly operations: readonly OperationInput[];
}

/**
 * The first `count` messages of a file of JSON lines (as `npm run deposit` reads it), or as many generated ones of the
 * same shape where no file is given.
 * @throws Error naming the line that is no message.
 */
export async function workload(count: number, file?: string): Promise<Workload> {
  const operations: OperationInput[] = [];
  for await (const line of file ? linesOf(file) : generatedLines(count)) {
    if (operations.length === count) break;
    const read = operationOf(line);
    if ('fault' in read) throw new Error(`line ${operations.length + 1} is no message: ${read.fault}`);
    operations.push(read.operation);
  }
  return {
    name: file ? `${operations.length} messages of a file` : `${count} generated messages`,
    operations,
  };
}

async function* linesOf(file: string): AsyncGenerator<unknown> {
  for await (const line of readJsonLines(createReadStream(file), LINE_MAX_BYTES)) {
    if ('fault' in line) throw new Error(`line ${line.number} ${line.fault}`);
    yield line.value;
  }
}

async function* generatedLines(count: number): AsyncGenerator<unknown> {
  const conversations = Math.max(1, Math.ceil(count / 57));
  yield* generatedMessages({ seed: 1, user: USER, messages: count, conversations });
}

/** A message as it is when it is new: read by nobody yet, so without a state. */
export function unread(operation: OperationInput): OperationInput {
  const { flags: _, ...rest } = operation as OperationInput & { flags?: unknown };
  return rest as OperationInput;
}
