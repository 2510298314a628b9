import { randomUUID } from 'node:crypto';
import type { Faults } from '../faults.js';
import type { FunctionError } from '../lambda/function-error.js';
import type { Invoke } from '../lambda/functions.js';
import type { MappingProperties } from '../template/kinds/lambda.js';
import { invokeWithBatch } from './outcome.js';
import { pause } from './pause.js';
import type { StreamRecord } from './stream-record.js';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/** How to deliver the records of a stream. */
export interface DeliverySettings {
  readonly properties: MappingProperties;
  readonly functionArn: string;
  readonly invoke: Invoke;
  /** Receives the failure message of a discarded batch. */
  readonly onFailure: ((message: string) => void) | undefined;
  /** Receives the sequence number up to which a shard is processed. */
  readonly advance: (shardId: string, sequenceNumber: string) => void;
  readonly log: (line: string) => void;
  readonly faults: Faults;
  readonly signal: AbortSignal;
}

/** The reason for discarding a batch. */
type Condition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/** Delivers the records of a shard to the function, until the function has processed them or they are discarded. */
export class StreamDelivery {
  constructor(private readonly settings: DeliverySettings) {}

  /** Resolves when every record is processed or discarded, or the signal aborts. */
  async deliver(shardId: string, records: readonly StreamRecord[], attempts = 0): Promise<void> {
    const { properties, signal, faults } = this.settings;
    const [first] = records;
    if (!first || signal.aborted) return;
    const tooOld = this.#tooOld(records);
    if (tooOld.length > 0) {
      this.#discard(shardId, tooOld, 'RecordAgeExceeded', attempts, undefined);
      return this.deliver(shardId, records.slice(tooOld.length));
    }
    const reporting = properties.FunctionResponseTypes.includes('ReportBatchItemFailures');
    const identifiers = reporting ? new Set(records.map(sequenceOf)) : undefined;
    const outcome = await invokeWithBatch(this.settings.invoke, records, identifiers);
    if (signal.aborted && outcome.kind !== 'done') return;
    if (outcome.kind === 'done') {
      if (faults.doublesBatch(shardId)) await invokeWithBatch(this.settings.invoke, records, undefined);
      return this.#advance(shardId, records);
    }
    const processed =
      outcome.kind === 'partly' ? records.findIndex((it) => outcome.failed.has(sequenceOf(it))) : 0;
    this.#advance(shardId, records.slice(0, processed));
    const rest = records.slice(processed);
    const error = outcome.kind === 'failed' ? outcome.error : undefined;
    const used = processed > 0 ? 0 : attempts;
    if (outcome.kind === 'failed' && properties.BisectBatchOnFunctionError && rest.length > 1) {
      // Splitting does not count as a retry.
      const middle = Math.ceil(rest.length / 2);
      faults.retriedBatch();
      await pause(FIRST_RETRY_MS, signal);
      await this.deliver(shardId, rest.slice(0, middle), used);
      return this.deliver(shardId, rest.slice(middle), used);
    }
    if (properties.MaximumRetryAttempts >= 0 && used >= properties.MaximumRetryAttempts) {
      return this.#discard(shardId, rest, 'RetryAttemptsExhausted', used + 1, error);
    }
    faults.retriedBatch();
    await pause(Math.min(FIRST_RETRY_MS * 2 ** used, LONGEST_RETRY_MS), signal);
    return this.deliver(shardId, rest, used + 1);
  }

  /** The records at the beginning that are older than the mapping allows. */
  #tooOld(records: readonly StreamRecord[]): StreamRecord[] {
    const { MaximumRecordAgeInSeconds: limit } = this.settings.properties;
    if (limit < 0) return [];
    const now = Date.now() / 1000;
    const young = records.findIndex(({ dynamodb }) => now - dynamodb.ApproximateCreationDateTime <= limit);
    return records.slice(0, young === -1 ? records.length : young);
  }

  #advance(shardId: string, records: readonly StreamRecord[]) {
    const last = records.at(-1);
    if (last) this.settings.advance(shardId, sequenceOf(last));
  }

  #discard(
    shardId: string,
    records: readonly StreamRecord[],
    condition: Condition,
    invokeCount: number,
    error: FunctionError | undefined,
  ) {
    const { onFailure, log, functionArn } = this.settings;
    log(
      `${functionArn.split(':').at(-1)} discarded ${records.length} records: ${condition} ${error?.message ?? ''}`,
    );
    onFailure?.(JSON.stringify(this.#failureMessage(shardId, records, condition, invokeCount, error)));
    this.#advance(shardId, records);
  }

  /** Source: AWS Lambda Developer Guide, "Retain discarded batches for a DynamoDB event source". */
  #failureMessage(
    shardId: string,
    records: readonly StreamRecord[],
    condition: Condition,
    approximateInvokeCount: number,
    error: FunctionError | undefined,
  ) {
    const [first, last] = [records[0], records.at(-1)];
    const arrival = (record: StreamRecord | undefined) =>
      new Date((record?.dynamodb.ApproximateCreationDateTime ?? 0) * 1000).toISOString();
    return {
      requestContext: {
        requestId: randomUUID(),
        functionArn: this.settings.functionArn,
        condition,
        approximateInvokeCount,
      },
      ...(approximateInvokeCount > 0 && {
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: error ? 'Unhandled' : null,
        },
      }),
      version: '1.0',
      timestamp: new Date().toISOString(),
      DDBStreamBatchInfo: {
        shardId,
        startSequenceNumber: first && sequenceOf(first),
        endSequenceNumber: last && sequenceOf(last),
        approximateArrivalOfFirstRecord: arrival(first),
        approximateArrivalOfLastRecord: arrival(last),
        batchSize: records.length,
        streamArn: first?.eventSourceARN,
      },
    };
  }
}

const sequenceOf = ({ dynamodb }: StreamRecord) => dynamodb.SequenceNumber;
