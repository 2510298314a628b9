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

/** A busy stream is asked again so soon, */
const BUSY_POLL_MS = 30;
/** one that was quiet for this long */
const QUIET_AFTER_MS = 10_000;
/** less often: each question costs DynamoDB Local a millisecond of processor. */
const QUIET_POLL_MS = 80;
const AFTER_ERROR_MS = 300;

export interface ShardReaderSettings {
  readonly client: DynamoDBStreamsClient;
  readonly streamArn: string;
  readonly shardId: string;
  readonly position: ShardPosition;
  /** Records are gathered up to so many, */
  readonly batchSize: number;
  /** but not for longer than this since the first of them. */
  readonly windowMs: number;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The records of a shard, in their order, until it is closed or the signal aborts. No list is empty. */
export async function* readShard(settings: ShardReaderSettings): AsyncGenerator<SdkRecord[]> {
  const { client, signal, log, batchSize, windowMs } = settings;
  let { position } = settings;
  let iterator: string | undefined;
  let gathered: SdkRecord[] = [];
  let gatherUntilMs = 0;
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
      // Before its first write a stream answers that its beginning is cut off; later it may really be.
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
      if (gathered.length === 0) gatherUntilMs = lastRecordAtMs + windowMs;
      gathered.push(...records);
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last) position = { after: last };
    }
    if (gathered.length > 0 && (gathered.length >= batchSize || Date.now() >= gatherUntilMs || !next)) {
      yield gathered;
      gathered = [];
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
