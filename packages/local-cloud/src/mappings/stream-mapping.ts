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

const LOOK_FOR_SHARDS_MS = 10_000;

export interface StreamMappingSettings {
  readonly client: DynamoDBStreamsClient;
  /** As DynamoDB Local names the stream; functions are told the one of the template. */
  readonly streamArn: string;
  readonly eventSourceArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  /** For shards that are there when a mapping sees its stream for the first time. */
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  readonly filter: EventFilter;
  readonly delivery: StreamDelivery;
  readonly checkpoints: MappingCheckpoints;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Reads a stream shard by shard, a shard after the one it continues, and has its records delivered in order. */
export class StreamMapping {
  readonly #shards = new Map<string, { ended: boolean }>();
  readonly #reading = new Set<Promise<void>>();

  constructor(private readonly settings: StreamMappingSettings) {}

  /** Ends when the signal aborts and what is being delivered has ended. */
  async run(): Promise<void> {
    const { signal, log, streamArn } = this.settings;
    let thereAtFirst: ReadonlySet<string> | undefined;
    while (!signal.aborted) {
      try {
        const shards = await this.#listShards();
        thereAtFirst ??= new Set(shards.map(({ ShardId = '' }) => ShardId));
        this.#startReading(shards, thereAtFirst);
        await Promise.race([pause(LOOK_FOR_SHARDS_MS, signal), ...this.#reading]);
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

  #startReading(shards: Shard[], thereAtFirst: ReadonlySet<string>) {
    const listed = new Set(shards.map(({ ShardId }) => ShardId));
    for (const { ShardId, ParentShardId } of shards) {
      if (!ShardId || this.#shards.has(ShardId)) continue;
      const hasParent = ParentShardId !== undefined && listed.has(ParentShardId);
      if (hasParent && !this.#shards.get(ParentShardId)?.ended) continue;
      // A shard that appears later continues one that was read, and is read from its beginning.
      const start = thereAtFirst.has(ShardId) ? this.settings.start : 'TRIM_HORIZON';
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
    // Noted before anything is read: after a restart records are not skipped as older than it.
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
