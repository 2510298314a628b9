import {
  type AttributeValue,
  type BatchExecuteStatementCommandInput,
  type BatchGetItemCommandInput,
  type BatchStatementResponse,
  ConditionalCheckFailedException,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { byteOrder } from './memory-store.js';

type Image = Record<string, AttributeValue>;
type Values = Record<string, AttributeValue>;

interface Command {
  readonly input: object;
}

/** One statement of a batch, with the parts that this client knows. */
interface Parsed {
  readonly kind: 'insert' | 'update' | 'delete';
  readonly table: string;
  readonly set: Image;
  readonly remove: readonly string[];
  readonly where: (image: Image) => boolean;
  readonly key: Image;
}

const KEY_NAMES = ['box', 'pk', 'sk'];
const numberOf = ({ N }: AttributeValue): number => Number(N);
const isSame = (a: AttributeValue | undefined, b: AttributeValue | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
/** In the registry's table, an attribute `box` may be present without being a key. */
const keyIn = (image: Image): Image =>
  Object.fromEntries(
    Object.entries(image).filter(([name]) => KEY_NAMES.includes(name) && !(name === 'box' && image.pk)),
  );
const nameOf = (table: string, key: Image): string =>
  JSON.stringify([table, key.pk?.S ?? key.box?.S, key.sk?.S]);

/**
 * A DynamoDB client over items in memory whose faults a test scripts. Eventually consistent reads return an
 * item from before its last write. A batch of reads leaves keys unprocessed. Single statements are throttled,
 * and a call hangs. It knows the expressions and statements of core/dynamodb, and throws for any other.
 */
export class ScriptedDynamoDb {
  /** Whether eventually consistent reads return the newest items. */
  isFresh = false;
  /** Number of successive batches of reads that return a single item. */
  unprocessed = 0;
  /** Number of times that each statement fails, and the error. */
  failures = 0;
  failsWith = 'ThrottlingError';
  /** Selects the calls whose answer waits for `release`. */
  hangs: (name: string, nth: number) => boolean = () => false;
  readonly calls: { readonly name: string; readonly input: object }[] = [];

  private readonly items = new Map<string, Image>();
  private readonly old = new Map<string, Image | undefined>();
  private readonly failed = new Map<string, number>();
  private held: (() => void)[] = [];

  get client(): DynamoDBClient {
    const send = (command: Command) =>
      this.call(command.constructor.name.replace(/Command$/, ''), command.input);
    return { send } as unknown as DynamoDBClient;
  }

  /** Inputs of the calls of this name so far. */
  callsOf<Input>(name: string): Input[] {
    return this.calls.filter((call) => call.name === name).map(({ input }) => input as Input);
  }

  /** Answers the waiting calls, and lets no later call wait. */
  release(): void {
    this.hangs = () => false;
    for (const answer of this.held.splice(0)) answer();
  }

  /** A call by its name, as `GetItem`, with the input of the SDK or of an HTTP request. */
  async call(name: string, input: object): Promise<object> {
    this.calls.push({ name, input });
    const nth = this.callsOf(name).length;
    if (this.hangs(name, nth)) await new Promise<void>((answer) => this.held.push(answer));
    switch (name) {
      case 'GetItem':
        return this.getItem(input as GetItemCommandInput);
      case 'BatchGetItem':
        return this.batchGet(input as BatchGetItemCommandInput);
      case 'Query':
        return this.query(input as QueryCommandInput);
      case 'PutItem':
        return this.putItem(input as PutItemCommandInput);
      case 'UpdateItem':
        return this.updateItem(input as UpdateItemCommandInput);
      case 'DeleteItem':
        return this.deleteItem(input as DeleteItemCommandInput);
      case 'BatchExecuteStatement':
        return this.batch(input as BatchExecuteStatementCommandInput);
      default:
        throw new Error(`${name} is not a known call: add it to this client`);
    }
  }

  private read(name: string, isConsistent: boolean | undefined): Image | undefined {
    return !isConsistent && !this.isFresh && this.old.has(name) ? this.old.get(name) : this.items.get(name);
  }

  private write(name: string, image: Image | undefined): void {
    this.old.set(name, this.items.get(name));
    if (image) this.items.set(name, image);
    else this.items.delete(name);
  }

  private getItem({ TableName = '', Key = {}, ConsistentRead }: GetItemCommandInput) {
    const Item = this.read(nameOf(TableName, Key), ConsistentRead);
    return Item ? { Item } : {};
  }

  private batchGet({ RequestItems = {} }: BatchGetItemCommandInput) {
    const asked = Object.entries(RequestItems).flatMap(([table, request]) =>
      (request.Keys ?? []).map((key) => ({ table, key, request })),
    );
    const isCut = this.unprocessed > 0;
    if (isCut) this.unprocessed--;
    const now = isCut ? asked.slice(0, 1) : asked;
    const Responses: Record<string, Image[]> = {};
    for (const { table, key, request } of now) {
      const found = this.read(nameOf(table, key), request.ConsistentRead);
      Responses[table] = [...(Responses[table] ?? []), ...(found ? [found] : [])];
    }
    const UnprocessedKeys: NonNullable<BatchGetItemCommandInput['RequestItems']> = {};
    for (const { table, key, request } of asked.slice(now.length)) {
      const left = UnprocessedKeys[table] ?? { ...request, Keys: [] };
      UnprocessedKeys[table] = { ...left, Keys: [...(left.Keys ?? []), key] };
    }
    return { Responses, UnprocessedKeys };
  }

  private query({
    TableName = '',
    KeyConditionExpression = '',
    FilterExpression,
    ExpressionAttributeValues: values = {},
    ExclusiveStartKey,
    ConsistentRead,
    Limit = Number.POSITIVE_INFINITY,
    ScanIndexForward = true,
  }: QueryCommandInput) {
    const [partition, ...sort] = KeyConditionExpression.split(/ AND (?=sk |begins_with)/);
    const owner = values[partition?.split(' = ')[1] ?? '']?.S;
    const inRange = rangeOf(sort[0], values);
    const order = ScanIndexForward ? 1 : -1;
    const start = ExclusiveStartKey?.sk?.S;
    const keys = [...new Set([...this.items.keys(), ...this.old.keys()])]
      .map((name) => ({ name, parts: JSON.parse(name) as [string, string, string] }))
      .filter(({ parts }) => parts[0] === TableName && parts[1] === owner && inRange(parts[2]))
      .filter(({ parts }) => start === undefined || order * byteOrder(parts[2], start) > 0)
      .sort((a, b) => order * byteOrder(a.parts[2], b.parts[2]));
    const found = keys
      .map(({ name }) => this.read(name, ConsistentRead))
      .filter((image) => image !== undefined);
    const read = found.slice(0, Limit);
    const [member = '', value = ''] = FilterExpression?.split(' = ') ?? [];
    const Items = FilterExpression ? read.filter((image) => isSame(image[member], values[value])) : read;
    const last = read.at(-1);
    return { Items, ...(found.length >= Limit && last && { LastEvaluatedKey: keyIn(last) }) };
  }

  private putItem({ TableName = '', Item = {}, ...rest }: PutItemCommandInput) {
    const name = nameOf(TableName, Item);
    this.check(name, rest);
    this.write(name, { ...Item });
    return {};
  }

  private deleteItem({ TableName = '', Key = {}, ...rest }: DeleteItemCommandInput) {
    const name = nameOf(TableName, Key);
    this.check(name, rest);
    const Attributes = this.items.get(name);
    this.write(name, undefined);
    return rest.ReturnValues === 'ALL_OLD' && Attributes ? { Attributes } : {};
  }

  private updateItem({ TableName = '', Key = {}, ...rest }: UpdateItemCommandInput) {
    const {
      UpdateExpression = '',
      ExpressionAttributeNames: names = {},
      ExpressionAttributeValues: values = {},
    } = rest;
    const name = nameOf(TableName, Key);
    this.check(name, rest);
    const before = this.items.get(name);
    const after: Image = { ...(before ?? Key) };
    const [sets = '', removes = ''] = UpdateExpression.split(/ ?REMOVE /);
    for (const each of sets.replace(/^SET /, '').split(', ').filter(Boolean)) {
      const [attribute = '', value = ''] = each.split(' = ');
      after[names[attribute] ?? ''] = values[value] as AttributeValue;
    }
    for (const attribute of removes.split(', ').filter(Boolean)) delete after[names[attribute] ?? ''];
    this.write(name, after);
    return rest.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
  }

  private check(
    name: string,
    {
      ConditionExpression,
      ExpressionAttributeNames: names = {},
      ExpressionAttributeValues: values = {},
      ReturnValuesOnConditionCheckFailure,
    }: Partial<UpdateItemCommandInput>,
  ): void {
    const image = this.items.get(name) ?? {};
    const parts = ConditionExpression?.split(' AND ') ?? [];
    if (
      parts.every((part) =>
        holds(
          part,
          image,
          (it) => names[it] ?? it,
          (it) => values[it] as AttributeValue,
        ),
      )
    )
      return;
    throw new ConditionalCheckFailedException({
      $metadata: {},
      message: 'The conditional request failed',
      ...(ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && this.items.has(name) && { Item: image }),
    });
  }

  private batch({ Statements = [] }: BatchExecuteStatementCommandInput) {
    const parsed = Statements.map(({ Statement = '', Parameters = [] }) =>
      parseStatement(Statement, Parameters),
    );
    const names = parsed.map(({ table, key }) => nameOf(table, key));
    if (names.length > 25) throw invalid('Member must have length less than or equal to 25');
    if (new Set(names).size < names.length) throw invalid('Provided list of item keys contains duplicates');
    return { Responses: parsed.map((statement, i) => this.execute(statement, names[i] as string)) };
  }

  private execute({ kind, set, remove, where, key }: Parsed, name: string): BatchStatementResponse {
    const failed = this.failed.get(name) ?? 0;
    if (failed < this.failures) {
      this.failed.set(name, failed + 1);
      return { Error: { Code: this.failsWith as never } };
    }
    const before = this.items.get(name);
    if (kind === 'insert' && before) return { Error: { Code: 'DuplicateItem' } };
    if (kind === 'update' && !(before && where(before))) return { Error: { Code: 'ConditionalCheckFailed' } };
    if (kind === 'delete') {
      if (before && !where(before)) return { Error: { Code: 'ConditionalCheckFailed' } };
      this.write(name, undefined);
      return {};
    }
    const after: Image = { ...(before ?? key), ...set };
    for (const attribute of remove) delete after[attribute];
    this.write(name, after);
    return {};
  }
}

const invalid = (message: string): Error =>
  Object.assign(new Error(message), { name: 'ValidationException' });

function rangeOf(condition: string | undefined, values: Values): (sk: string) => boolean {
  if (!condition) return () => true;
  const value = (name: string | undefined): string => values[name ?? '']?.S ?? '';
  const between = /^sk BETWEEN (:\w+) AND (:\w+)$/.exec(condition);
  if (between) return (sk) => byteOrder(sk, value(between[1])) >= 0 && byteOrder(sk, value(between[2])) <= 0;
  const prefix = /^begins_with\(sk, (:\w+)\)$/.exec(condition);
  if (prefix) return (sk) => sk.startsWith(value(prefix[1]));
  const behind = /^sk > (:\w+)$/.exec(condition);
  if (behind) return (sk) => byteOrder(sk, value(behind[1])) > 0;
  throw new Error(`the condition is unknown, add it to this client: ${condition}`);
}

/** Evaluates one part of a condition: absent, older, equal or later. */
function holds(
  part: string,
  image: Image,
  nameOfIt: (it: string) => string,
  valueOfIt: (it: string) => AttributeValue,
): boolean {
  const absent = /^attribute_not_exists\(([#\w]+)\)$/.exec(part);
  if (absent) return image[nameOfIt(absent[1] ?? '')] === undefined;
  const older = /^\(attribute_not_exists\(([#\w]+)\) OR [#\w]+ <=? (:\w+)\)$/.exec(part);
  const [, name = '', value = ''] = older ?? /^([#\w]+) [=>] (:\w+)$/.exec(part) ?? [];
  if (!name) throw new Error(`the condition is unknown, add it to this client: ${part}`);
  const is = image[nameOfIt(name)];
  const given = valueOfIt(value);
  if (older)
    return (
      is === undefined ||
      numberOf(is) < numberOf(given) ||
      (part.includes('<=') && numberOf(is) === numberOf(given))
    );
  if (part.includes(' > ')) return is !== undefined && numberOf(is) > numberOf(given);
  return isSame(is, given);
}

/** @throws Error for any statement that core/dynamodb does not make. */
export function parseStatement(statement: string, parameters: readonly AttributeValue[]): Parsed {
  const rest = [...parameters];
  const next = () => rest.shift() as AttributeValue;
  const insert = /^INSERT INTO "(.+?)" VALUE \{(.*)\}$/.exec(statement);
  if (insert) {
    const set = Object.fromEntries(
      (insert[2] ?? '').split(', ').map((each) => [each.split("'")[1] ?? '', next()]),
    );
    return { kind: 'insert', table: insert[1] ?? '', set, remove: [], where: () => true, key: keyIn(set) };
  }
  const change = /^(?:UPDATE|DELETE FROM) "(.+?)" (.*?)WHERE (.*)$/.exec(statement);
  if (!change) throw new Error(`the statement is unknown, add it to this client: ${statement}`);
  const [, table = '', clauses = '', where = ''] = change;
  const set = Object.fromEntries(
    [...clauses.matchAll(/SET "(\w+)"=\?/g)].map(([, name = '']) => [name, next()]),
  );
  const remove = [...clauses.matchAll(/REMOVE "(\w+)"/g)].map(([, name = '']) => name);
  const tests = where.split(' AND ').map((part) => testOf(part, next));
  const key = Object.fromEntries(
    tests.flatMap(({ name, value }) => (KEY_NAMES.includes(name) ? [[name, value]] : [])),
  );
  if (rest.length > 0) throw new Error(`the statement has too many parameters: ${statement}`);
  return {
    kind: statement.startsWith('UPDATE') ? 'update' : 'delete',
    table,
    set,
    remove,
    where: (image) => tests.every(({ isMet }) => isMet(image)),
    key: key as Image,
  };
}

interface Test {
  readonly name: string;
  readonly value?: AttributeValue;
  isMet(image: Image): boolean;
}

function testOf(part: string, next: () => AttributeValue): Test {
  const equal = /^"(\w+)"=\?$/.exec(part);
  if (equal) {
    const [name = '', value] = [equal[1], next()];
    return { name, value, isMet: (image) => isSame(image[name], value) };
  }
  const absent = /^"(\w+)" IS MISSING$/.exec(part);
  if (absent) return { name: absent[1] ?? '', isMet: (image) => image[absent[1] ?? ''] === undefined };
  const older = /^\("(\w+)" IS MISSING OR "\w+" (<=?) \?\)$/.exec(part);
  if (!older) throw new Error(`the condition is unknown, add it to this client: ${part}`);
  const [name = '', value] = [older[1], next()];
  const most = numberOf(value) - (older[2] === '<' ? 1 : 0);
  return {
    name,
    isMet: (image) => image[name] === undefined || numberOf(image[name] as AttributeValue) <= most,
  };
}
