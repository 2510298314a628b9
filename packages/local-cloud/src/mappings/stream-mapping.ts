import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams';
import { messageOf } from '../problem.js';
import type { MappingCheckpoints, ShardPosition } from './checkpoints.js';
import type { EventFilter } from './filter.js';
import { pause } from './pause.js';
import { readShard } from './shard-reader.js';
import type { StreamDelivery } from './stream-delivery.js';
import { type StreamRecord, streamRecord } from './stream-record.js';

const LIST_SHARDS_EVERY_MS = 10_000;

/** An event source mapping of a stream. */
export interface StreamMappingSettings {
  readonly client: DynamoDBStreamsClient;
  /** The ARN in DynamoDB Local. */
  readonly streamArn: string;
  /** The ARN of the template, for the events. */
  readonly eventSourceArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  /** Where to start in the shards that exist when the mapping starts for the first time. */
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  readonly filter: EventFilter;
  readonly delivery: StreamDelivery;
  readonly checkpoints: MappingCheckpoints;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Reads the shards of a stream and delivers their records in order. A shard is read after its parent. */
export class StreamMapping {
  readonly #shards = new Map<string, { ended: boolean }>();
  readonly #reading = new Set<Promise<void>>();

  constructor(private readonly settings: StreamMappingSettings) {}

  /** Resolves when the signal has aborted and no delivery is running. */
  async run(): Promise<void> {
    const { signal, log, streamArn } = this.settings;
    let initialShards: ReadonlySet<string> | undefined;
    while (!signal.aborted) {
      try {
        const shards = await this.#listShards();
        initialShards ??= new Set(shards.map(({ ShardId = '' }) => ShardId));
        this.#startReading(shards, initialShards);
        await Promise.race([pause(LIST_SHARDS_EVERY_MS, signal), ...this.#reading]);
      } catch (error) {
        if (!signal.aborted) log(`Stream ${streamArn}: ${messageOf(error)}`);
        await pause(1000, signal);
      }
    }
    await Promise.all(this.#reading);
  }

  async #listShards(): Promise<Shard[]> {
    const { client, streamArn, signal } = this.settings;
    const shards: Shard[] = [];
    let after: string | undefined;
    do {
      const command = new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: after });
      const { StreamDescription } = await client.send(command, { abortSignal: signal });
      shards.push(...(StreamDescription?.Shards ?? []));
      after = StreamDescription?.LastEvaluatedShardId;
    } while (after);
    return shards;
  }

  #startReading(shards: Shard[], initialShards: ReadonlySet<string>) {
    const listed = new Set(shards.map(({ ShardId }) => ShardId));
    for (const { ShardId, ParentShardId } of shards) {
      if (!ShardId || this.#shards.has(ShardId)) continue;
      const hasParent = ParentShardId !== undefined && listed.has(ParentShardId);
      if (hasParent && !this.#shards.get(ParentShardId)?.ended) continue;
      // A shard that appears later continues a shard that was read, so it is read from its beginning.
      const start = initialShards.has(ShardId) ? this.settings.start : 'TRIM_HORIZON';
      const reading = this.#read(ShardId, { from: start }).finally(() => this.#reading.delete(reading));
      this.#reading.add(reading);
    }
  }

  async #read(shardId: string, otherwise: ShardPosition): Promise<void> {
    const { client, streamArn, checkpoints, log, signal, batchSize, batchingWindowMs } = this.settings;
    const { eventSourceArn, region } = this.settings;
    const state = { ended: false };
    this.#shards.set(shardId, state);
    const position = checkpoints.of(shardId) ?? otherwise;
    // Saved before the first read: otherwise a restart could start at the end and skip records.
    if ('from' in position && position.from === 'TRIM_HORIZON') checkpoints.set(shardId, position);
    const reader = {
      client,
      streamArn,
      shardId,
      position,
      batchSize,
      windowMs: batchingWindowMs,
      log,
      signal,
    };
    for await (const records of readShard(reader)) {
      await this.#deliver(
        shardId,
        records.flatMap((record) => streamRecord(record, eventSourceArn, region) ?? []),
      );
    }
    state.ended = !signal.aborted;
  }

  async #deliver(shardId: string, records: StreamRecord[]) {
    const { filter, batchSize, delivery, checkpoints, signal } = this.settings;
    const wanted = records.filter(filter);
    for (let at = 0; at < wanted.length && !signal.aborted; at += batchSize) {
      await delivery.deliver(shardId, wanted.slice(at, at + batchSize));
    }
    const last = records.at(-1);
    if (last && !signal.aborted) checkpoints.set(shardId, { after: last.dynamodb.SequenceNumber });
  }
}
