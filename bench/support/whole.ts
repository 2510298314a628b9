import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretStore, secretsService, startDynamoDbLocal, startServicesServer } from '@cpm-sync/local-cloud';
import { RecordedQueues } from './recorded-queues.js';

const SECRET = 'token-key';
/** Environment variables that hold the URL of a queue, by the name of the queue. */
const QUEUES = { pushes: 'PUSH_QUEUE_URL', purging: 'PURGE_QUEUE_URL', erasing: 'ERASE_QUEUE_URL' } as const;
export type QueueName = keyof typeof QUEUES;

/** The answer and the work of an invocation, apart from calls of DynamoDB. */
export interface Invocation {
  // biome-ignore lint/suspicious/noExplicitAny: each function has its own answer
  readonly answer: any;
  readonly cpuMs: number; // of this process: handler, SDK and the emulated services
  readonly log: string;
  readonly sqsRequests: number;
}

/** Every function in this process, on DynamoDB Local. Queues, secrets and connections are emulated. */
export interface WholeServer {
  readonly database: DynamoDBClient;
  readonly storeTable: string;
  readonly registryTable: string;
  /** Gives an event to the handler of functions/<name>. */
  invoke(name: string, event: unknown): Promise<Invocation>;
  /** Bodies of the messages sent to a queue since the last call. */
  takeMessages(queue: QueueName): string[];
  /** Frames posted to connections, and connections closed, since the last call. */
  takeFrames(): { connectionId: string; frame: string | undefined }[];
  stop(): Promise<void>;
}

export interface WholeOptions {
  /** Endpoint of a DynamoDB Local that already runs. */
  readonly endpoint?: string | undefined;
  /** Names this server's own tables in it. */
  readonly tableSuffix?: string;
}

/**
 * Starts DynamoDB Local with tables of its own, and the emulated services. Handlers are loaded on their first
 * event.
 */
export async function startWholeServer({
  endpoint,
  tableSuffix = '',
}: WholeOptions = {}): Promise<WholeServer> {
  const dynamo = endpoint ? undefined : await startDynamoDbLocal({ log: () => undefined });
  const services = await startServicesServer();
  const frames: { connectionId: string; frame: string | undefined }[] = [];
  const queues = new RecordedQueues();
  services.useRest(connections(frames));
  services.use(queues);
  const secret = { name: SECRET, arn: SECRET, initialValue: () => 'a key for measurements' };
  services.use(secretsService(new SecretStore([secret], undefined)));

  const [storeTable, registryTable] = [`store${tableSuffix}`, `registry${tableSuffix}`];
  Object.assign(process.env, {
    STORE_TABLE: storeTable,
    TIMELINE: '0',
    REGISTRY_TABLE: registryTable,
    ...Object.fromEntries(
      Object.entries(QUEUES).map(([name, variable]) => [variable, `${services.url}/1/${name}`]),
    ),
    ERASE_SETTLE_SECONDS: '0',
    TOKEN_SECRET_ID: SECRET,
    SOCKET_CALLBACK_URL: `${services.url}/v1`,
    SOCKET_URL: 'wss://sockets.example.com/v1',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL: services.url,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint ?? dynamo?.endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    SERVICE_NAME: 'whole',
    METRICS_NAMESPACE: 'whole',
    LOG_LEVEL: 'INFO',
  });
  const database = new DynamoDBClient({});
  await Promise.all([makeTable(database, storeTable, 'box'), makeTable(database, registryTable, 'pk')]);

  return {
    database,
    storeTable,
    registryTable,
    async invoke(name, event) {
      // Import the handler late, because it reads its environment when it loads.
      const { handler } = (await import(`../../functions/${name}/handler.js`)) as {
        handler: (event: unknown, context: unknown) => Promise<unknown>;
      };
      const context = { awsRequestId: 'whole', getRemainingTimeInMillis: () => 60_000 };
      const log = keptLog();
      const sqsBefore = queues.requests;
      const before = process.cpuUsage();
      try {
        const answer = await handler(event, context);
        const { user, system } = process.cpuUsage(before);
        return {
          answer,
          cpuMs: (user + system) / 1000,
          log: log.text(),
          sqsRequests: queues.requests - sqsBefore,
        };
      } finally {
        log.restore();
      }
    },
    takeMessages: (queue) => queues.take(queue),
    takeFrames: () => frames.splice(0),
    async stop() {
      await Promise.all(
        [storeTable, registryTable].map((TableName) => database.send(new DeleteTableCommand({ TableName }))),
      );
      database.destroy();
      await services.stop();
      await dynamo?.stop();
    },
  };
}

const CONNECTION = /\/@connections\/([^/]+)$/;

/** Answers `@connections` as if every connection is open. */
const connections =
  (frames: { connectionId: string; frame: string | undefined }[]) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const [, id] = CONNECTION.exec(request.url ?? '') ?? [];
    if (!id) return false;
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const connectionId = decodeURIComponent(id);
    frames.push({ connectionId, frame: request.method === 'POST' ? body : undefined });
    response.writeHead(request.method === 'POST' ? 200 : 204).end();
    return true;
  };

/** Keeps log lines off the terminal and collects them. */
function keptLog() {
  let text = '';
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  }) as typeof write;
  return {
    text: () => text,
    restore: () => {
      process.stdout.write = write;
    },
  };
}

interface HttpAnswer {
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** The bytes of an answer as sent over the wire. */
export const sentBy = ({ body = '', isBase64Encoded = false }: HttpAnswer): Buffer =>
  Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

/** The JSON of an answer, decompressed. */
export function bodyOf(answer: HttpAnswer) {
  const bytes = sentBy(answer);
  return JSON.parse((answer.isBase64Encoded ? brotliDecompressSync(bytes) : bytes).toString());
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
