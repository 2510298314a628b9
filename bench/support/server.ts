import { brotliDecompressSync } from 'node:zlib';
import { CreateTableCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { SecretStore, secretsService, startDynamoDbLocal, startServicesServer } from '@cpm-sync/local-cloud';
import type { TicketHolder } from '../../core/ports/registry.js';
import { contextOf } from '../../functions/runtime/websocket/ticket-holder.js';
import { insertionsOf } from './sample-events.js';
import type { Image } from './units.js';

const TABLES = { STORE_TABLE: 'store', REGISTRY_TABLE: 'registry' } as const;
const SECRET = 'token-key';

/** An answer of the HTTP API. Sizes count the body as sent, without headers. */
export interface HttpAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each route has its own shape, and each case knows its own
  readonly body: any;
  readonly rawBytes: number;
  readonly sentBytes: number; // after compression, as the client accepts it
}

interface HttpCall {
  readonly scope: 'cpm/sync' | 'cpm/participate' | 'cpm/admin';
  readonly user: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly acceptEncoding?: string;
}

/** The functions that answer requests, on DynamoDB Local. */
export interface BenchServer {
  readonly database: DynamoDBClient;
  readonly storeTable: string;
  readonly registryTable: string;
  /** @throws Error when the answer is not a success. */
  http(routeKey: string, call: HttpCall): Promise<HttpAnswer>;
  /** Sends a frame to the socket's function. Returns the frame of the answer with its size. */
  frame(holder: TicketHolder, frame: object): Promise<HttpAnswer>;
  /** Stream entries of a box since the last call, as an event for the projector. */
  streamOf(user: string): Promise<object>;
  /** Gives a stream event to the projector. The time does not count for `takeHandlerMs`. */
  readsStream(event: object): Promise<void>;
  /** Time in handlers since the last call, without the callers' work on the answers. Unit: ms. */
  takeHandlerMs(): number;
  stop(): Promise<void>;
}

type Handler = (
  event: unknown,
  context: unknown,
) => Promise<{ statusCode: number; body?: string; isBase64Encoded?: boolean }>;

/**
 * Starts DynamoDB Local, makes a token key, and loads the handlers with a matching environment.
 * @param endpoint of a DynamoDB Local that already runs
 */
export async function startBenchServer(endpoint?: string): Promise<BenchServer> {
  const dynamo = endpoint ? undefined : await startDynamoDbLocal({ log: () => undefined });
  const services = await startServicesServer();
  services.use(
    secretsService(
      new SecretStore(
        [{ name: SECRET, arn: SECRET, initialValue: () => 'a key for measurements' }],
        undefined,
      ),
    ),
  );
  Object.assign(process.env, {
    ...TABLES,
    TIMELINE: '0',
    TOKEN_SECRET_ID: SECRET,
    SOCKET_CALLBACK_URL: services.url,
    SOCKET_URL: 'ws://127.0.0.1:1',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint ?? dynamo?.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: services.url,
    SERVICE_NAME: 'bench',
  });
  const database = new DynamoDBClient({});
  await Promise.all([
    makeTable(database, TABLES.STORE_TABLE, 'box'),
    makeTable(database, TABLES.REGISTRY_TABLE, 'pk'),
  ]);
  const handlers = await loadHandlers();
  let handlerMs = 0;
  const newestRead = new Map<string, string>(); // key of the newest entry read from the stream, by user
  const showLog = withoutLog();
  const run = async (handler: Handler, event: unknown): Promise<HttpAnswer> => {
    const startedMs = performance.now();
    const answer = await handler(event, CONTEXT);
    handlerMs += performance.now() - startedMs;
    return answerOf(answer);
  };
  return {
    database,
    storeTable: TABLES.STORE_TABLE,
    registryTable: TABLES.REGISTRY_TABLE,
    async http(routeKey, call) {
      const handler = handlers[routeKey];
      if (!handler) throw new Error(`no handler for ${routeKey}`);
      return run(handler, httpEvent(routeKey, call));
    },
    async frame(holder, frame) {
      const { handler } = (await import('../../functions/socket-sync/handler.js')) as unknown as {
        handler: Handler;
      };
      const requestContext = {
        requestId: 'bench',
        connectionId: 'bench',
        eventType: 'MESSAGE',
        authorizer: contextOf(holder),
      };
      return run(handler, { body: JSON.stringify(frame), requestContext });
    },
    async streamOf(user) {
      const images = await entriesBehind(database, TABLES.STORE_TABLE, user, newestRead.get(user) ?? 'L#');
      newestRead.set(user, images.at(-1)?.sk?.S ?? newestRead.get(user) ?? 'L#');
      return insertionsOf(images);
    },
    async readsStream(event) {
      const { handler } = (await import('../../functions/projector/handler.js')) as unknown as {
        handler(event: unknown, context: unknown): Promise<{ batchItemFailures: unknown[] }>;
      };
      const { batchItemFailures } = await handler(event, CONTEXT);
      if (batchItemFailures.length > 0) throw new Error('a record of the stream failed');
    },
    takeHandlerMs() {
      const taken = handlerMs;
      handlerMs = 0;
      return taken;
    },
    async stop() {
      showLog();
      database.destroy();
      await services.stop();
      await dynamo?.stop();
    },
  };
}

/**
 * Hides the functions' log lines, but still builds them, since that takes time. Returns a function that ends
 * this.
 */
function withoutLog(): () => void {
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) =>
    /^{"(level|_aws)"/.test(String(chunk)) || write.call(process.stdout, chunk, ...rest)) as typeof write;
  return () => {
    process.stdout.write = write;
  };
}

/** Loads the handlers late, because each reads its environment when it starts. */
async function loadHandlers(): Promise<Readonly<Record<string, Handler>>> {
  const modules = (await Promise.all([
    import('../../functions/sync/handler.js'),
    import('../../functions/participating/handler.js'),
    import('../../functions/devices/handler.js'),
  ])) as unknown as { routes: object; handler: Handler }[];
  return Object.fromEntries(
    modules.flatMap(({ routes, handler }) => Object.keys(routes).map((route) => [route, handler])),
  );
}

const CONTEXT = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 };

const httpEvent = (routeKey: string, { scope, user, path, body, acceptEncoding = 'br' }: HttpCall) => ({
  routeKey,
  headers: { 'content-type': 'application/json', 'accept-encoding': acceptEncoding },
  pathParameters: path,
  body: body === undefined ? undefined : JSON.stringify(body),
  isBase64Encoded: false,
  requestContext: { requestId: 'bench', authorizer: { jwt: { claims: { sub: user, scope } } } },
});

function answerOf({
  statusCode,
  body = '',
  isBase64Encoded = false,
}: Awaited<ReturnType<Handler>>): HttpAnswer {
  const sent = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const raw = isBase64Encoded ? brotliDecompressSync(sent) : sent;
  const answer = raw.length > 0 ? JSON.parse(raw.toString()) : undefined;
  if (statusCode >= 300 || answer?.type === 'error')
    throw new Error(`answered ${statusCode}: ${raw.toString()}`);
  return {
    status: statusCode,
    body: answer,
    rawBytes: raw.length,
    sentBytes: sent.length,
  };
}

/** Entries of the log after a given one, oldest first. */
async function entriesBehind(
  database: DynamoDBClient,
  table: string,
  user: string,
  sk: string,
): Promise<Image[]> {
  const images: Image[] = [];
  let start: Image | undefined = { box: { S: user }, sk: { S: sk } };
  while (start) {
    const page: { Items?: Image[]; LastEvaluatedKey?: Image } = await database.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: 'box = :box AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':box': { S: user }, ':from': { S: sk }, ':to': { S: 'L$' } },
        ExclusiveStartKey: start,
      }),
    );
    images.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  }
  return images;
}

const makeTable = (client: DynamoDBClient, TableName: string, partition: string) =>
  client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [partition, 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
