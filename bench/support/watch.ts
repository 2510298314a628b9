import {
  type BatchExecuteStatementCommandInput,
  type BatchExecuteStatementCommandOutput,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type BatchWriteItemCommandInput,
  type DeleteItemCommandInput,
  DynamoDBClient,
  GetItemCommand,
  type PutItemCommandInput,
  type QueryCommandInput,
  type QueryCommandOutput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { parseStatement } from '../../test/support/scripted-dynamodb.js';
import { type Image, itemBytes, readUnits, type Units, writeUnits } from './units.js';

/** One DynamoDB call, as the SDK's client sent it and got the answer. Unit of times: ms. */
export interface Call extends Units {
  readonly name: string; // Query, PutItem …
  readonly items: number; // read and found, or written
  readonly startedMs: number;
  readonly endedMs: number;
  readonly command: { readonly input: object };
}

interface Command {
  readonly input: object;
}
type Send = (this: DynamoDBClient, command: Command, ...rest: unknown[]) => Promise<object>;

const NO_COST = { read: 0, write: 0, items: 0 };

/** A write of one item, in any kind of call. */
interface ItemWrite {
  readonly table: string;
  readonly key: Image;
  readonly item?: Image; // after the write; absent if an expression sets it, or if it is deleted
  readonly isGone?: boolean;
  /** `refused`: its condition failed, and the existing item is billed. `throttled`: nothing is billed. */
  readonly outcome?: 'refused' | 'throttled' | undefined;
}

/**
 * Records every call of every DynamoDB client of this process, with its cost by the published rules. It must
 * exist before the first write. For an item whose write it has not seen, it counts only the size afterwards.
 */
export class CallWatch {
  private readonly original = DynamoDBClient.prototype.send as unknown as Send;
  private readonly sizes = new Map<string, number>(); // bytes of the items written so far
  private calls: Call[] = [];

  /** @param withCosts false: records calls and times only, so that the timed code is not slowed down */
  constructor(private readonly withCosts = true) {
    const watch = this;
    DynamoDBClient.prototype.send = function send(
      this: DynamoDBClient,
      command: Command,
      ...rest: unknown[]
    ) {
      return watch.see(this, command, rest);
    } as never;
  }

  stop(): void {
    DynamoDBClient.prototype.send = this.original as never;
  }

  /** The calls since the last call of `take`. */
  take(): readonly Call[] {
    const taken = this.calls;
    this.calls = [];
    return taken;
  }

  private async see(client: DynamoDBClient, command: Command, rest: unknown[]): Promise<object> {
    const startedMs = performance.now();
    const note = async (output: object, error?: unknown) => {
      const endedMs = performance.now();
      const name = command.constructor.name.replace(/Command$/, '');
      const cost = this.withCosts ? await this.costOf(client, name, command.input, output, error) : NO_COST;
      this.calls.push({ name, startedMs, endedMs, command, ...cost });
    };
    try {
      const output = await this.original.call(client, command, ...rest);
      await note(output);
      return output;
    } catch (error) {
      await note({}, error); // a refused call is billed too
      throw error;
    }
  }

  private async costOf(
    client: DynamoDBClient,
    name: string,
    input: object,
    output: object,
    error: unknown,
  ): Promise<Units & { items: number }> {
    const outcome = error === undefined ? undefined : isRefused(error) ? 'refused' : 'throttled';
    switch (name) {
      case 'GetItem': {
        const { Item } = output as { Item?: Image };
        const { ConsistentRead: consistent = false } = input as { ConsistentRead?: boolean };
        const read = readUnits(Item ? itemBytes(Item) : 0, { consistent });
        return { read, write: 0, items: Item ? 1 : 0 };
      }
      case 'Query':
        return queryCost(input as QueryCommandInput, output as QueryCommandOutput);
      case 'BatchGetItem':
        return batchGetCost(input as BatchGetItemCommandInput, output as BatchGetItemCommandOutput);
      case 'BatchExecuteStatement':
        return this.writeCost(
          client,
          statementsOf(
            input as BatchExecuteStatementCommandInput,
            output as BatchExecuteStatementCommandOutput,
          ),
        );
      case 'BatchWriteItem':
        return this.writeCost(client, batchWritesOf(input as BatchWriteItemCommandInput));
      case 'PutItem': {
        const { TableName: table = '', Item: item = {} } = input as PutItemCommandInput;
        return this.writeCost(client, [{ table, key: keyIn(item), item, outcome }]);
      }
      case 'UpdateItem': {
        const { TableName: table = '', Key: key = {} } = input as UpdateItemCommandInput;
        return this.writeCost(client, [{ table, key, outcome }]);
      }
      case 'DeleteItem': {
        const { TableName: table = '', Key: key = {} } = input as DeleteItemCommandInput;
        return this.writeCost(client, [{ table, key, isGone: true, outcome }]);
      }
      default:
        throw new Error(`the cost of ${name} is unknown: add its rule here`);
    }
  }

  private async writeCost(client: DynamoDBClient, writes: readonly ItemWrite[]) {
    let units = 0;
    for (const write of writes) {
      if (write.outcome === 'throttled') continue;
      const id = JSON.stringify([write.table, write.key]);
      const before = this.sizes.get(id) ?? 0;
      const { item: _, ...asItIs } = write;
      const isRefused = write.outcome === 'refused';
      const after =
        write.isGone && !isRefused ? 0 : await this.bytesAfter(client, isRefused ? asItIs : write);
      this.sizes.set(id, after);
      units += writeUnits(isRefused ? after : Math.max(before, after));
    }
    return { read: 0, write: units, items: writes.length };
  }

  private async bytesAfter(client: DynamoDBClient, { table, key, item }: ItemWrite): Promise<number> {
    if (item) return itemBytes(item);
    const get = new GetItemCommand({ TableName: table, Key: { ...key }, ConsistentRead: true });
    const { Item } = (await this.original.call(client, get)) as { Item?: Image };
    return Item ? itemBytes(Item) : 0;
  }
}

const consistencyOf = ({ ConsistentRead = false }: { ConsistentRead?: boolean | undefined }) => ({
  consistent: ConsistentRead,
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function queryCost(input: QueryCommandInput, { Items = [] }: QueryCommandOutput) {
  const read = readUnits(sum(Items.map(itemBytes)), consistencyOf(input));
  return { read, write: 0, items: Items.length };
}

function batchGetCost(
  { RequestItems = {} }: BatchGetItemCommandInput,
  { Responses = {} }: BatchGetItemCommandOutput,
) {
  let read = 0;
  let items = 0;
  for (const [table, request] of Object.entries(RequestItems)) {
    const found = Responses[table] ?? [];
    const missing = (request.Keys?.length ?? 0) - found.length;
    const bytes = [...found.map(itemBytes), ...Array.from({ length: missing }, () => 0)];
    read += sum(bytes.map((each) => readUnits(each, consistencyOf(request))));
    items += found.length;
  }
  return { read, write: 0, items };
}

/** In the registry's table, an attribute `box` may be present without being a key. */
const keyIn = (item: Image): Image =>
  Object.fromEntries(
    Object.entries(item).filter(
      ([name]) => ['box', 'pk', 'sk'].includes(name) && !(name === 'box' && item.pk),
    ),
  );

const isRefused = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';
const REFUSALS = new Set(['ConditionalCheckFailed', 'DuplicateItem']);

/** Each statement is a separate write, and is billed like one. */
const statementsOf = (
  { Statements = [] }: BatchExecuteStatementCommandInput,
  { Responses = [] }: BatchExecuteStatementCommandOutput,
): ItemWrite[] =>
  Statements.map(({ Statement = '', Parameters = [] }, i) => {
    const { kind, table, key } = parseStatement(Statement, Parameters);
    const code = Responses[i]?.Error?.Code;
    const outcome = code === undefined ? undefined : REFUSALS.has(code) ? 'refused' : 'throttled';
    return { table, key, isGone: kind === 'delete', outcome };
  });

const batchWritesOf = ({ RequestItems = {} }: BatchWriteItemCommandInput): ItemWrite[] =>
  Object.entries(RequestItems).flatMap(([table, requests]) =>
    requests.map(({ PutRequest, DeleteRequest }) =>
      PutRequest
        ? { table, key: keyIn(PutRequest.Item ?? {}), item: PutRequest.Item ?? {} }
        : { table, key: DeleteRequest?.Key ?? {}, isGone: true },
    ),
  );
