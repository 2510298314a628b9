import {
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type BatchWriteItemCommandInput,
  DynamoDBClient,
  GetItemCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  type TransactGetItemsCommandInput,
  type TransactGetItemsCommandOutput,
  type TransactWriteItem,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type Image, itemBytes, readUnits, type Units, writeUnits } from './units.js';

/** One call of DynamoDB, as the SDK's client was asked and answered. Unit of times: ms. */
export interface Call extends Units {
  readonly name: string; // Query, TransactWriteItems …
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

/** A write of one item, wherever in a call it stands. */
interface ItemWrite {
  readonly table: string;
  readonly key: Image;
  readonly item?: Image; // as it will be; absent where an expression says it, or it is deleted
  readonly isGone?: boolean;
}

/**
 * Sees every call of every DynamoDB client of this process, and what it costs by the published rules. It has to be there
 * before the first write: an item that it has not seen written counts with what it is afterwards alone.
 */
export class CallWatch {
  private readonly original = DynamoDBClient.prototype.send as unknown as Send;
  private readonly sizes = new Map<string, number>(); // bytes of the items written so far
  private calls: Call[] = [];

  /** @param withCosts false: calls and times alone, so that what is timed is not slowed down */
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

  /** The calls since it was last asked. */
  take(): readonly Call[] {
    const taken = this.calls;
    this.calls = [];
    return taken;
  }

  private async see(client: DynamoDBClient, command: Command, rest: unknown[]): Promise<object> {
    const startedMs = performance.now();
    const note = async (output: object) => {
      const endedMs = performance.now();
      const name = command.constructor.name.replace(/Command$/, '');
      const cost = this.withCosts ? await this.costOf(client, name, command.input, output) : NO_COST;
      this.calls.push({ name, startedMs, endedMs, command, ...cost });
    };
    try {
      const output = await this.original.call(client, command, ...rest);
      await note(output);
      return output;
    } catch (error) {
      await note({}); // what was refused is billed too
      throw error;
    }
  }

  private async costOf(
    client: DynamoDBClient,
    name: string,
    input: object,
    output: object,
  ): Promise<Units & { items: number }> {
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
      case 'TransactGetItems':
        return transactGetCost(
          input as TransactGetItemsCommandInput,
          output as TransactGetItemsCommandOutput,
        );
      case 'TransactWriteItems': {
        const { TransactItems = [] } = input as TransactWriteItemsCommandInput;
        return this.writeCost(client, TransactItems.map(writeOf), true);
      }
      case 'BatchWriteItem':
        return this.writeCost(client, batchWritesOf(input as BatchWriteItemCommandInput), false);
      case 'PutItem':
        return this.writeCost(client, [writeOf({ Put: input } as TransactWriteItem)], false);
      case 'UpdateItem':
        return this.writeCost(client, [writeOf({ Update: input } as TransactWriteItem)], false);
      case 'DeleteItem':
        return this.writeCost(client, [writeOf({ Delete: input } as TransactWriteItem)], false);
      default:
        throw new Error(`what ${name} costs is not known here`);
    }
  }

  private async writeCost(client: DynamoDBClient, writes: readonly ItemWrite[], transactional: boolean) {
    let units = 0;
    for (const write of writes) {
      const id = JSON.stringify([write.table, write.key]);
      const before = this.sizes.get(id) ?? 0;
      const after = write.isGone ? 0 : await this.bytesAfter(client, write);
      this.sizes.set(id, after);
      units += writeUnits(Math.max(before, after), { transactional });
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

function transactGetCost(
  { TransactItems = [] }: TransactGetItemsCommandInput,
  { Responses = [] }: TransactGetItemsCommandOutput,
) {
  const found = TransactItems.map((_, i) => Responses[i]?.Item);
  const read = sum(found.map((item) => readUnits(item ? itemBytes(item) : 0, { transactional: true })));
  return { read, write: 0, items: found.filter(Boolean).length };
}

const keyIn = (item: Image): Image =>
  Object.fromEntries(Object.entries(item).filter(([name]) => ['box', 'pk', 'sk'].includes(name)));

function writeOf({ Put, Update, Delete, ConditionCheck }: TransactWriteItem): ItemWrite {
  if (Put) return { table: Put.TableName ?? '', key: keyIn(Put.Item ?? {}), item: Put.Item ?? {} };
  if (Delete) return { table: Delete.TableName ?? '', key: Delete.Key ?? {}, isGone: true };
  const { TableName = '', Key = {} } = Update ?? ConditionCheck ?? {};
  return { table: TableName, key: Key };
}

const batchWritesOf = ({ RequestItems = {} }: BatchWriteItemCommandInput): ItemWrite[] =>
  Object.entries(RequestItems).flatMap(([table, requests]) =>
    requests.map(({ PutRequest, DeleteRequest }) =>
      PutRequest
        ? { table, key: keyIn(PutRequest.Item ?? {}), item: PutRequest.Item ?? {} }
        : { table, key: DeleteRequest?.Key ?? {}, isGone: true },
    ),
  );
