import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { Image } from './codec.js';

/** Attributes to set, or to remove if they are undefined. */
export type Changes = Readonly<Record<string, AttributeValue | undefined>>;

type Expressions = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** Builds the update of one item. All conditions must hold. */
export class Update {
  private readonly names: Record<string, string> = {};
  private readonly values: Image = {};
  private readonly sets: string[] = [];
  private readonly removes: string[] = [];
  private readonly conditions: string[] = [];

  change(changes: Changes): this {
    for (const [name, value] of Object.entries(changes)) {
      this.names[`#${name}`] = name;
      if (value === undefined) {
        this.removes.push(`#${name}`);
        continue;
      }
      this.values[`:${name}`] = value;
      this.sets.push(`#${name} = :${name}`);
    }
    return this;
  }

  /** The attribute is absent, or below the value. */
  isOlder(name: string, value: AttributeValue): this {
    const at = this.refer(name, value);
    this.conditions.push(`(attribute_not_exists(#${name}) OR #${name} < ${at})`);
    return this;
  }

  /** The item is not of a newer format, which this code must not overwrite. */
  isKnown(format: AttributeValue): this {
    const at = this.refer('f', format);
    this.conditions.push(`(attribute_not_exists(#f) OR #f <= ${at})`);
    return this;
  }

  /** The attribute has this value; undefined: it is absent. */
  isEqual(name: string, value: AttributeValue | undefined): this {
    if (value === undefined) {
      this.names[`#${name}`] = name;
      this.conditions.push(`attribute_not_exists(#${name})`);
    } else {
      this.conditions.push(`#${name} = ${this.refer(name, value)}`);
    }
    return this;
  }

  get expressions(): Expressions {
    const clauses = [
      this.sets.length > 0 && `SET ${this.sets.join(', ')}`,
      this.removes.length > 0 && `REMOVE ${this.removes.join(', ')}`,
    ];
    return {
      UpdateExpression: clauses.filter(Boolean).join(' '),
      ...(this.conditions.length > 0 && { ConditionExpression: this.conditions.join(' AND ') }),
      ExpressionAttributeNames: this.names,
      ...(Object.keys(this.values).length > 0 && { ExpressionAttributeValues: this.values }),
    };
  }

  private refer(name: string, value: AttributeValue): string {
    const at = `:at${Object.keys(this.values).length}`;
    this.names[`#${name}`] = name;
    this.values[at] = value;
    return at;
  }
}
