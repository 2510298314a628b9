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
 * The first `count` messages of a file of JSON lines, which `npm run deposit` reads too. Without a file,
 * generates messages of the same shape.
 * @throws Error that names the invalid line.
 */
export async function workload(count: number, file?: string): Promise<Workload> {
  const operations: OperationInput[] = [];
  for await (const line of file ? linesOf(file) : generatedLines(count)) {
    if (operations.length === count) break;
    const read = operationOf(line);
    if ('fault' in read) throw new Error(`line ${operations.length + 1} must be a message: ${read.fault}`);
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

/** A new message, which is unread and therefore has no state. */
export function unread(operation: OperationInput): OperationInput {
  const { flags: _, ...rest } = operation as OperationInput & { flags?: unknown };
  return rest as OperationInput;
}
