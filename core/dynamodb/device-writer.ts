import {
  type ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ViewWrite } from '../model/effects.js';
import type { BoxId, Idempotency, StoredDevice } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import type { DeviceAdvance, ProgressChange, Projected } from '../ports/store.js';
import {
  body,
  contentOf,
  expiry,
  format,
  type Image,
  keyOf,
  number,
  type ProgressField,
  progressAttribute,
  progressFields,
  refuseNewer,
  registrationAttributes,
} from './codec.js';
import { isConditionFailed } from './errors.js';
import { type Changes, Update } from './expressions.js';

const NO_PROGRESS: Changes = Object.fromEntries(progressFields.map((field) => [field, undefined]));

/** Changes of a device's progress as attributes. */
export const progressChanges = (set: ProgressChange): Changes =>
  Object.fromEntries(
    Object.entries(set).map(([field, value]) => [
      field,
      value === undefined ? undefined : progressAttribute(field as ProgressField, value),
    ]),
  );

/**
 * Writes devices. Their items have three parts: the registration and the idempotency record, which the log decides, and the
 * progress, which it does not decide. Progress belongs to one registration; another registration starts without it.
 */
export class DeviceWriter {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  async write(
    box: BoxId,
    writes: readonly ViewWrite[],
    advance: DeviceAdvance | undefined,
  ): Promise<Projected> {
    const dropped: string[] = [];
    let outcome: Projected['outcome'] = 'done';
    let rest = advance;
    for (const write of writes) {
      const { content } = write;
      if (content) dropped.push(...(await this.register(box, write)));
      const record = write.state as Idempotency | null | undefined;
      if (!record) continue;
      const together = rest && deviceKey(rest.deviceId) === write.sk ? rest : undefined;
      if (together && (await this.setRecord(box, write, record, together))) rest = undefined;
      else if (!(await this.setRecord(box, write, record)) && !(await this.hasRecord(box, write, record)))
        outcome = 'waits';
    }
    if (rest && !(await this.advance(box, rest))) outcome = 'deviceGone';
    return { outcome, dropped };
  }

  /** Writes a registration. @returns the connection of the registration that it replaces */
  private async register(box: BoxId, write: ViewWrite): Promise<string[]> {
    const { sk, version, content, expiresAtMs, state } = write;
    if (!content) return [];
    const device = content.kind === 'device' ? (content as StoredDevice) : undefined;
    const changes: Changes = {
      f: format,
      v: number(version),
      b: body(contentOf(content)),
      expiresAt: expiresAtMs === undefined ? undefined : expiry(expiresAtMs),
      ...(device ? registrationAttributes(device) : { instanceId: undefined, since: undefined }),
    };
    if (device) {
      // The registration continues, so its progress and its idempotency record stay.
      const continues = new Update()
        .change(changes)
        .isOlder('v', number(version))
        .isEqual('since', number(device.since));
      if (await this.update(box, sk, continues)) return [];
    }
    const starts = new Update()
      .change({ ...changes, ...NO_PROGRESS, s: undefined, ...(state === null && { sv: number(version) }) })
      .isOlder('v', number(version));
    const before = await this.update(box, sk, starts);
    const connection = before?.connectionId?.S;
    return connection === undefined ? [] : [connection];
  }

  /** Writes the idempotency record, with `advance` the progress too. @returns whether it was written */
  private async setRecord(
    box: BoxId,
    { sk, version }: ViewWrite,
    record: Idempotency,
    advance?: DeviceAdvance,
  ): Promise<boolean> {
    const update = new Update()
      .change({
        f: format,
        sv: number(version),
        s: body(record),
        ...(advance && progressChanges(advance.set)),
      })
      .isEqual('since', number(record.since))
      .isOlder('sv', number(version));
    if (advance) update.isEqual('instanceId', { S: advance.instanceId });
    return (await this.update(box, sk, update)) !== undefined;
  }

  /** Whether the device has this record or a later one, or was registered again: then there is nothing to wait for. */
  private async hasRecord(box: BoxId, { sk, version }: ViewWrite, { since }: Idempotency): Promise<boolean> {
    const get = new GetItemCommand({ TableName: this.table, Key: keyOf(box, sk), ConsistentRead: true });
    const { v, sv, since: registered } = (await this.client.send(get)).Item ?? {};
    const isAnew = Number(registered?.N) !== since && Number(v?.N) > since;
    return Number(sv?.N) >= version || isAnew;
  }

  private async advance(box: BoxId, { deviceId, instanceId, set }: DeviceAdvance): Promise<boolean> {
    const update = new Update().change(progressChanges(set)).isEqual('instanceId', { S: instanceId });
    return (await this.update(box, deviceKey(deviceId), update)) !== undefined;
  }

  /** The item as it was before; undefined: the condition does not hold. */
  private async update(box: BoxId, sk: string, update: Update): Promise<Image | undefined> {
    const input = {
      TableName: this.table,
      Key: keyOf(box, sk),
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...update.isKnown(format).expressions,
    } as const;
    try {
      return (await this.client.send(new UpdateItemCommand(input))).Attributes ?? {};
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      const { Item } = error as ConditionalCheckFailedException;
      if (Item) refuseNewer(Item.f);
      return undefined;
    }
  }
}
