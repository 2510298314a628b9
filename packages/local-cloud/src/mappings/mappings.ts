import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { Database } from '../dynamodb/build-database.js';
import type { Faults } from '../faults.js';
import type { Functions } from '../lambda/functions.js';
import { LocalCloudProblem } from '../problem.js';
import type { Queues } from '../sqs/queues.js';
import type { MappingProperties } from '../template/kinds/lambda.js';
import { nameInArn, type Place } from '../template/place.js';
import type { Resource } from '../template/stack.js';
import type { Checkpoints } from './checkpoints.js';
import { compileFilter } from './filter.js';
import { runQueueMapping } from './queue-mapping.js';
import { StreamDelivery } from './stream-delivery.js';
import { StreamMapping } from './stream-mapping.js';

const DEFAULT_QUEUE_CONCURRENCY = 5;

/** The parts that all mappings of a cloud share. */
export interface MappingContext {
  readonly place: Place;
  readonly functions: Functions;
  readonly queues: Queues;
  readonly database: Database | undefined;
  readonly checkpoints: Checkpoints;
  readonly failedMessageRetryMs: number;
  readonly faults: Faults;
  readonly log: (line: string) => void;
}

type Mapping = Resource<MappingProperties>;

/**
 * Starts an event source mapping. `ended` resolves when the signal has aborted and no invocation is running.
 * @throws LocalCloudProblem when the source is neither a queue nor a stream of a table, or the filter is not supported.
 */
export async function startMapping(
  mapping: Mapping,
  around: MappingContext,
  signal: AbortSignal,
): Promise<{ ended: Promise<void> }> {
  const { logicalId, properties } = mapping;
  const [, , service] = properties.EventSourceArn.split(':');
  if (!properties.Enabled) return { ended: Promise.resolve() };
  if (service === 'sqs') return { ended: runQueueMapping(queueSettings(mapping, around, signal)) };
  if (service === 'dynamodb')
    return { ended: new StreamMapping(await streamSettings(mapping, around, signal)).run() };
  throw new LocalCloudProblem(
    `${titleOf(logicalId)}: the source must be a queue or a stream of a table, got ${properties.EventSourceArn}`,
  );
}

const titleOf = (logicalId: string) => `AWS::Lambda::EventSourceMapping "${logicalId}"`;

function queueSettings({ logicalId, properties }: Mapping, around: MappingContext, signal: AbortSignal) {
  return {
    queue: around.queues.byArn(properties.EventSourceArn),
    invoke: around.functions.byArn(properties.FunctionName),
    region: around.place.region,
    batchSize: properties.BatchSize ?? 10,
    batchingWindowMs: properties.MaximumBatchingWindowInSeconds * 1000,
    // At most one batch for each worker of the function: waiting messages then form larger batches.
    concurrency: Math.min(
      properties.ScalingConfig?.MaximumConcurrency ?? DEFAULT_QUEUE_CONCURRENCY,
      around.functions.concurrencyOf(properties.FunctionName),
    ),
    reportsFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    filter: filterOf(logicalId, properties),
    retryAfterMs: around.failedMessageRetryMs,
    signal,
  };
}

async function streamSettings(
  { logicalId, properties }: Mapping,
  around: MappingContext,
  signal: AbortSignal,
) {
  const checkpoints = around.checkpoints.forMapping(logicalId);
  const table = nameInArn(properties.EventSourceArn);
  const destination = properties.DestinationConfig?.OnFailure?.Destination;
  const target = destination ? around.queues.byArn(destination) : undefined;
  const { database } = around;
  if (!database || !Object.values(database.tables).includes(table)) {
    throw new LocalCloudProblem(`${titleOf(logicalId)}: the table ${table} is not in the template`);
  }
  // This start has created the table, so every record of its stream is new.
  const start = database.created.has(table) ? 'TRIM_HORIZON' : properties.StartingPosition;
  if (!start) throw new LocalCloudProblem(`${titleOf(logicalId)}: StartingPosition must be given`);
  const invoke = around.functions.byArn(properties.FunctionName);
  const delivery = new StreamDelivery({
    properties,
    functionArn: around.functions.arnOf(properties.FunctionName),
    invoke,
    onFailure: target && ((message) => void target.send(message, {})),
    advance: (shardId, sequenceNumber) => checkpoints.set(shardId, { after: sequenceNumber }),
    log: around.log,
    faults: around.faults,
    signal,
  });
  return {
    client: database.streams,
    streamArn: await streamOf(database, table, logicalId),
    eventSourceArn: properties.EventSourceArn,
    region: around.place.region,
    batchSize: properties.BatchSize ?? 100,
    batchingWindowMs: properties.MaximumBatchingWindowInSeconds * 1000,
    start,
    filter: filterOf(logicalId, properties),
    delivery,
    checkpoints,
    log: around.log,
    signal,
  } as const;
}

function filterOf(logicalId: string, { FilterCriteria }: MappingProperties) {
  const patterns = FilterCriteria?.Filters.map(({ Pattern }) => Pattern) ?? [];
  return compileFilter(patterns, titleOf(logicalId));
}

async function streamOf({ dynamodb }: Database, table: string, logicalId: string): Promise<string> {
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: table }));
  if (!Table?.LatestStreamArn)
    throw new LocalCloudProblem(`${titleOf(logicalId)}: the table ${table} has no stream`);
  return Table.LatestStreamArn;
}
