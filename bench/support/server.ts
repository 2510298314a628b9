import { brotliDecompressSync } from 'node:zlib';
import { CreateTableCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { SecretStore, secretsService, startDynamoDbLocal, startServicesServer } from '@cpm-sync/local-cloud';
import type { TicketHolder } from '../../core/ports/registry.js';
import { contextOf } from '../../functions/runtime/websocket/ticket-holder.js';
import { insertionsOf } from './sample-events.js';
import type { Image } from './units.js';

const TABLES = { STORE_TABLE: 'store', REGISTRY_TABLE: 'registry' } as const;
const SECRET = 'token-key';

/** An answer of the HTTP API, as bytes on the wire: body alone, without headers. */
export interface HttpAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each route has its own shape, and cases look at what they know is there
  readonly body: any;
  readonly rawBytes: number;
  readonly sentBytes: number; // compressed as the client accepts it
}

export interface HttpCall {
  readonly scope: 'cpm/sync' | 'cpm/participate' | 'cpm/admin';
  readonly user: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly acceptEncoding?: string;
}

/** The functions that a request meets, on DynamoDB Local. */
export interface BenchServer {
  readonly database: DynamoDBClient;
  readonly storeTable: string;
  readonly registryTable: string;
  /** @throws Error for any answer that is no success. */
  http(routeKey: string, call: HttpCall): Promise<HttpAnswer>;
  /** A frame to the socket's function; the bytes of the frame that it answers with. */
  frame(holder: TicketHolder, frame: object): Promise<HttpAnswer>;
  /** What the stream brings of a box since it was last asked: an event for the projector. */
  streamOf(user: string): Promise<object>;
  /** The projector is given an event of the stream. Its time is nobody's. */
  readsStream(event: object): Promise<void>;
  /** Time in handlers since it was last asked, without what the caller does with their answers. Unit: ms. */
  takeHandlerMs(): number;
  stop(): Promise<void>;
}

type Handler = (
  event: unknown,
  context: unknown,
) => Promise<{ statusCode: number; body?: string; isBase64Encoded?: boolean }>;

/**
 * Starts DynamoDB Local and a token key, and loads the handlers with the environment that leads to them.
 * @param endpoint of a DynamoDB Local that runs already
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
  const told = new Map<string, string>(); // key of the newest entry that the stream has brought, by user
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
      const images = await entriesBehind(database, TABLES.STORE_TABLE, user, told.get(user) ?? 'L#');
      told.set(user, images.at(-1)?.sk?.S ?? told.get(user) ?? 'L#');
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

/** Lines of the functions' log are made, which takes time, and not shown. Gives back what ends that. */
function withoutLog(): () => void {
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) =>
    /^{"(level|_aws)"/.test(String(chunk)) || write.call(process.stdout, chunk, ...rest)) as typeof write;
  return () => {
    process.stdout.write = write;
  };
}

/** Loaded only now: a handler reads its environment when it starts. */
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

/** Entries of the log behind one, oldest first. */
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
