import {
  type DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as SdkRecord,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import type { ShardPosition } from './checkpoints.js';
import { pause } from './pause.js';

/** Interval between reads of a busy stream. */
const BUSY_POLL_MS = 30;
/** Time without records after which a stream is quiet. */
const QUIET_AFTER_MS = 10_000;
/** Interval between reads of a quiet stream. Longer, because each read costs DynamoDB Local 1 ms of CPU time. */
const QUIET_POLL_MS = 80;
const AFTER_ERROR_MS = 300;

/** A shard, and how to read it. */
export interface ShardReaderSettings {
  readonly client: DynamoDBStreamsClient;
  readonly streamArn: string;
  readonly shardId: string;
  readonly position: ShardPosition;
  /** Records are collected up to this number, */
  readonly batchSize: number;
  /** or until this time has passed since the first of them. */
  readonly windowMs: number;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Yields the records of a shard in order, until the shard is closed or the signal aborts. Lists are never empty. */
export async function* readShard(settings: ShardReaderSettings): AsyncGenerator<SdkRecord[]> {
  const { client, signal, log, batchSize, windowMs } = settings;
  let { position } = settings;
  let iterator: string | undefined;
  let collected: SdkRecord[] = [];
  let collectUntilMs = 0;
  let lastRecordAtMs = Date.now();
  let complained = false;
  while (!signal.aborted) {
    let records: SdkRecord[] = [];
    let next: string | undefined;
    try {
      iterator ??= await shardIterator(settings, position);
      const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }), {
        abortSignal: signal,
      });
      records = page.Records ?? [];
      next = page.NextShardIterator;
      complained = false;
    } catch (error) {
      if (signal.aborted) return;
      // DynamoDB Local answers so for a stream without records. Later, records may really have been trimmed.
      if (error instanceof TrimmedDataAccessException) position = { from: 'TRIM_HORIZON' };
      else if (!(error instanceof ExpiredIteratorException) && !complained) {
        complained = true;
        log(`Stream ${settings.streamArn}: ${error}`);
      }
      iterator = undefined;
      await pause(error instanceof TrimmedDataAccessException ? QUIET_POLL_MS : AFTER_ERROR_MS, signal);
      continue;
    }
    if (records.length > 0) {
      lastRecordAtMs = Date.now();
      if (collected.length === 0) collectUntilMs = lastRecordAtMs + windowMs;
      collected.push(...records);
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last) position = { after: last };
    }
    if (collected.length > 0 && (collected.length >= batchSize || Date.now() >= collectUntilMs || !next)) {
      yield collected;
      collected = [];
    }
    if (!next) return;
    iterator = next;
    if (records.length === 0) {
      await pause(Date.now() - lastRecordAtMs < QUIET_AFTER_MS ? BUSY_POLL_MS : QUIET_POLL_MS, signal);
    }
  }
}

async function shardIterator(
  { client, streamArn, shardId, signal }: ShardReaderSettings,
  position: ShardPosition,
): Promise<string | undefined> {
  const command = new GetShardIteratorCommand({
    StreamArn: streamArn,
    ShardId: shardId,
    ...('after' in position
      ? { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.after }
      : { ShardIteratorType: position.from }),
  });
  return (await client.send(command, { abortSignal: signal })).ShardIterator;
}
